namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>Every parameter that a component of a given structure can have, under its native and its ldm name.</summary>
public sealed class KeyMap
{
    private readonly Dictionary<string, KeyPair> _byNative;
    private readonly Dictionary<string, KeyPair> _byLdm;

    /// <summary>A map of these pairs.</summary>
    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    public KeyMap(IReadOnlyList<KeyPair> pairs)
    {
        Pairs = pairs;
        _byNative = pairs.ToDictionary(p => p.Native, StringComparer.Ordinal);
        _byLdm = pairs.ToDictionary(p => p.Ldm, StringComparer.Ordinal);
    }

    /// <summary>All pairs, in the order of the layers.</summary>
    public IReadOnlyList<KeyPair> Pairs { get; }

    /// <summary>The pair with this native name, or null.</summary>
    public KeyPair? FindNative(string name) => _byNative.GetValueOrDefault(name);

    /// <summary>The pair with this ldm name, or null.</summary>
    public KeyPair? FindLdm(string name) => _byLdm.GetValueOrDefault(name);
}
