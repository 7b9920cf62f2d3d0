namespace InstructDiffusion.Engine.Editing;

/// <summary>What a cache holds, and how often it could serve.</summary>
public sealed record TensorCacheUsage
{
    /// <summary>Most bytes it may hold.</summary>
    public required long Capacity { get; init; }

    /// <summary>Bytes it holds.</summary>
    public long Bytes { get; init; }

    /// <summary>Tensors it holds.</summary>
    public int Entries { get; init; }

    /// <summary>Tensors served from it so far.</summary>
    public long Hits { get; init; }

    /// <summary>Tensors that had to be computed so far.</summary>
    public long Misses { get; init; }
}
