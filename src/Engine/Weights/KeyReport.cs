namespace InstructDiffusion.Engine.Weights;

/// <summary>What became of every tensor of a checkpoint.</summary>
public sealed class KeyReport
{
    private readonly List<MappedKey> _mapped = [];
    private readonly List<IgnoredKey> _ignored = [];
    private readonly List<string> _unrecognised = [];
    private readonly List<string> _missing = [];

    /// <summary>Tensors that belong to a component.</summary>
    public IReadOnlyList<MappedKey> Mapped => _mapped;

    /// <summary>Tensors left out knowingly.</summary>
    public IReadOnlyList<IgnoredKey> Ignored => _ignored;

    /// <summary>Tensors that we know nothing of.</summary>
    public IReadOnlyList<string> Unrecognised => _unrecognised;

    /// <summary>Tensors that a component of this structure needs and the checkpoint lacks, as <c>unet/conv_in.bias</c>.</summary>
    public IReadOnlyList<string> Missing => _missing;

    internal void AddMapped(ModelComponent component, string name, string original) =>
        _mapped.Add(new MappedKey(component, name, original));

    internal void AddIgnored(string name, string reason) => _ignored.Add(new IgnoredKey(name, reason));

    internal void AddUnrecognised(string name) => _unrecognised.Add(name);

    internal void AddMissing(ModelComponent component, string name) => _missing.Add($"{component.FolderName()}/{name}");
}

/// <summary>A tensor that belongs to a component.</summary>
/// <param name="Component">The component.</param>
/// <param name="Name">Its native name there.</param>
/// <param name="Original">Its name in the checkpoint.</param>
public sealed record MappedKey(ModelComponent Component, string Name, string Original);

/// <summary>A tensor that is left out.</summary>
/// <param name="Name">Its name in the checkpoint.</param>
/// <param name="Reason">Why.</param>
public sealed record IgnoredKey(string Name, string Reason);
