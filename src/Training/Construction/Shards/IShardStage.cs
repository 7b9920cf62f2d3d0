using System.Text.Json.Nodes;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>
/// A step of the construction: a pure function from an item's number to samples, so that it does not matter when, where or how
/// often an item is made. Any number of threads may ask at once.
/// </summary>
internal interface IShardStage
{
    /// <summary>What decides the samples beside the item's number.</summary>
    StageIdentity Identity { get; }

    /// <summary>Items to work on.</summary>
    long Count { get; }

    /// <summary>What is known of an item before the work: the record it has when it is rejected. Never fails.</summary>
    /// <param name="item">0…<see cref="Count"/> − 1.</param>
    ShardRecord Describe(long item);

    /// <summary>Does the work.</summary>
    /// <param name="item">0…<see cref="Count"/> − 1.</param>
    /// <param name="cancellationToken">Looked at during long work.</param>
    /// <returns>None, one or more samples; those with a rejection are written down without their files.</returns>
    /// <exception cref="RejectedItemException">The item is left out.</exception>
    /// <exception cref="Data.BrokenSampleException">It is left out because a file of it cannot be read.</exception>
    IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken);
}

/// <summary>What decides the samples of a stage: with the same identity and items, it gives the same bytes.</summary>
/// <param name="Name">Of a-z, 0-9, _ and -; begins the names of its samples.</param>
/// <param name="Version">Another one when it would give other bytes for the same input.</param>
/// <param name="Seed">Of its random choices; 0 where it makes none.</param>
/// <param name="Settings">Everything else, by name; shown where a folder turns out to be of other ones.</param>
/// <param name="Inputs">Hashes of what it reads, by name: files, models, fingerprints of the stages before.</param>
internal sealed record StageIdentity(
    string Name,
    int Version,
    long Seed,
    JsonObject Settings,
    IReadOnlyDictionary<string, string> Inputs
)
{
    /// <summary>Models it computes with, for the records.</summary>
    public IReadOnlyList<ModelNote> Models { get; init; } = [];

    /// <summary>What a record says of having gone through it.</summary>
    public StageNote Note => new(Name, Version, Seed, Models);

    /// <summary>The usual name of an item's sample: unique among all stages' as long as stages have names of their own.</summary>
    public string SampleId(long item) => $"{Name}-{item:D8}";
}
