using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Caching;

/// <summary>What cached latents are made from.</summary>
internal sealed record LatentCacheSource
{
    public required IEditDataset Dataset { get; init; }

    /// <summary>Encodes; shared by threads, not changed.</summary>
    public required AutoencoderKL Autoencoder { get; init; }

    /// <summary>SHA-256 of its weights.</summary>
    public required string AutoencoderHash { get; init; }

    /// <summary>Where it lives.</summary>
    public required Device Device { get; init; }

    /// <summary>Side of the pictures.</summary>
    public required int Resolution { get; init; }

    /// <summary>Of the augmentations.</summary>
    public required long Seed { get; init; }

    /// <summary>Augmentations of each pair.</summary>
    public required int Variants { get; init; }

    /// <summary>C·h·w.</summary>
    public int LatentLength => Autoencoder.Config.LatentChannels * Side * Side;

    /// <summary>Of the cache.</summary>
    public RecordCacheFormat Format =>
        new(
            $"data set {Dataset.Fingerprint}, autoencoder {AutoencoderHash}, seed {Seed}, {Dataset.Count} pairs × {Variants}, "
                + $"{Resolution} pixels",
            Dataset.Count * Variants,
            [3, Autoencoder.Config.LatentChannels, Side, Side]
        );

    private int Side => Resolution / Autoencoder.Config.DownsamplingFactor;

    /// <summary>The stream that a pair's augmentations are drawn from.</summary>
    public CounterRandom Augmentation(long index, long variant) =>
        new(Seed, RandomPurpose.Augmentation, index, variant + 1);
}
