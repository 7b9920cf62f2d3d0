namespace InstructDiffusion.Training.Caching;

/// <summary>What latents were made from. A cache serves no other.</summary>
public sealed record LatentCacheKey
{
    /// <summary>Of the data set (<see cref="Data.IEditDataset.Fingerprint"/>).</summary>
    public required string Dataset { get; init; }

    /// <summary>SHA-256 of the autoencoder's weights.</summary>
    public required string Autoencoder { get; init; }

    /// <summary>Seed of the augmentations.</summary>
    public required long Seed { get; init; }

    /// <summary>Pairs of the data set.</summary>
    public required long Count { get; init; }

    /// <summary>Variants of each pair.</summary>
    public required int Variants { get; init; }

    /// <summary>C, h, w of the latents.</summary>
    public required IReadOnlyList<int> LatentShape { get; init; }

    /// <summary>Numbers of one latent.</summary>
    public int LatentLength => LatentShape.Aggregate(1, (product, size) => product * size);

    /// <summary>The key as text, for comparison.</summary>
    public override string ToString() =>
        $"data set {Dataset}, autoencoder {Autoencoder}, seed {Seed}, {Count} pairs × {Variants}, latents [{string.Join(", ", LatentShape)}]";
}
