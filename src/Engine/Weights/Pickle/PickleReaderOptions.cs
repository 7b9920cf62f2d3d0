using System.Text;

namespace InstructDiffusion.Engine.Weights.Pickle;

/// <summary>What a <see cref="PickleReader"/> may do.</summary>
public sealed record PickleReaderOptions
{
    /// <summary>Name of the file, for messages.</summary>
    public string Name { get; init; } = "pickle";

    /// <summary>
    /// About the most memory, in bytes, that reading may take, and with it the most work: every opcode costs 64, every
    /// container and text its size, however often it is copied.
    /// </summary>
    /// <value>2 GiB, some 30 million opcodes.</value>
    public long Budget { get; init; } = 2L << 30;

    /// <summary>
    /// How Python 2's byte strings become text; null: UTF-8 where they are valid UTF-8, Latin-1 (lossless) elsewhere.
    /// </summary>
    public Encoding? LegacyStrings { get; init; }

    /// <summary>What a persistent id stands for (torch's storages); null: there must be none.</summary>
    public Func<object?, object?>? PersistentLoad { get; init; }

    /// <summary>
    /// Functions known by their full name (<c>torch._utils._rebuild_tensor_v2</c>): given the arguments, the value. Calls of
    /// anything else become a <see cref="PickleObject"/>. Containers of the standard library are known already.
    /// </summary>
    public IReadOnlyDictionary<string, Func<IReadOnlyList<object?>, object?>> Calls { get; init; } =
        new Dictionary<string, Func<IReadOnlyList<object?>, object?>>(StringComparer.Ordinal);
}
