using System.Text.Json.Serialization;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>
/// All that is known of a sample of a shard: what it is, where it comes from, what it went through, why it was rejected. Its
/// <c>instructions</c> and <c>task</c> are what the loader of tar shards reads; the rest is provenance, which it passes over.
/// </summary>
internal sealed record ShardRecord
{
    /// <summary>Longest record, bytes of JSON: what the loader of tar shards accepts.</summary>
    public const int MaxBytes = 1 << 16;

    private const int LongestId = 90; // with the longest ending below a tar header's 100

    /// <summary>Name of the sample and of its members: of a-z, 0-9, _ and -; unique among what is to be put together.</summary>
    public required string Id { get; init; }

    /// <summary>One of <see cref="PairKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>What to do, in one wording or several; empty where the sample is no pair (yet).</summary>
    public IReadOnlyList<string> Instructions { get; init; } = [];

    /// <summary>See <see cref="TaskNames"/>.</summary>
    public string Task { get; init; } = TaskNames.Editing;

    /// <summary>Where the picture comes from; null only where that could not be told.</summary>
    public PictureOrigin? Origin { get; init; }

    /// <summary>Where the picture after comes from, for web pairs; null for those whose picture after was made here.</summary>
    public PictureOrigin? TargetOrigin { get; init; }

    /// <summary>Where what was put in comes from, for replacement; null for others.</summary>
    public PictureOrigin? Exemplar { get; init; }

    /// <summary>The part of the picture that the sample is about; null for web pairs.</summary>
    public RegionNote? Region { get; init; }

    /// <summary>What the picture before shows, in words; null where nothing says so.</summary>
    public string? SourceCaption { get; init; }

    /// <summary>What the picture after shows, in words; null where nothing says so.</summary>
    public string? TargetCaption { get; init; }

    /// <summary>Every stage that made or changed it, the first one first.</summary>
    public IReadOnlyList<StageNote> Stages { get; init; } = [];

    /// <summary>Figures by name, e.g. <c>aesthetic_target</c>: higher is better unless the name's page says otherwise.</summary>
    public IReadOnlyDictionary<string, double> Scores { get; init; } =
        new SortedDictionary<string, double>(StringComparer.Ordinal);

    /// <summary>Why it is left out; null while it is kept.</summary>
    public RejectionNote? Rejection { get; init; }

    /// <summary>Whether <see cref="Id"/> can name members of a tar file.</summary>
    [JsonIgnore]
    public bool HasValidId =>
        Id.Length is > 0 and <= LongestId
        && Id.All(letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_' or '-');
}

/// <summary>Where a picture comes from. What is not known is null: nothing is guessed.</summary>
/// <param name="Id">What its collection calls it, e.g. <c>visual-genome/2317429</c>.</param>
internal sealed record PictureOrigin(string Id)
{
    /// <summary>The file, relative to its collection's folder.</summary>
    public string? File { get; init; }

    /// <summary>SHA-256 of the file, lower-case hexadecimal.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Where it was found.</summary>
    public string? Url { get; init; }

    /// <summary>The post or page that shows it.</summary>
    public string? Permalink { get; init; }

    /// <summary>When it was fetched.</summary>
    public DateTimeOffset? FetchedAt { get; init; }

    /// <summary>Under which terms it may be used.</summary>
    public string? Licence { get; init; }

    /// <summary>Who made it.</summary>
    public string? Author { get; init; }
}

/// <summary>A part of a picture that has a name.</summary>
/// <param name="Phrase">What it is, e.g. <c>red apple on the left</c>, without article.</param>
/// <param name="Box">x, y, width, height in pixels of the sample's own picture.</param>
/// <param name="Area">Its pixels as a part of the picture, 0…1.</param>
internal sealed record RegionNote(string Phrase, IReadOnlyList<int> Box, double Area)
{
    /// <summary>The object's noun alone, e.g. <c>apple</c>; null where nothing says so.</summary>
    public string? Name { get; init; }

    /// <summary>How it was found: <c>annotation</c> or <c>segmenter</c>.</summary>
    public required string FoundBy { get; init; }
}

/// <summary>A stage that a sample went through.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Version">Another one when it would give other bytes for the same input.</param>
/// <param name="Seed">Of its random choices.</param>
/// <param name="Models">What it computed with; empty where it needed none.</param>
internal sealed record StageNote(string Stage, int Version, long Seed, IReadOnlyList<ModelNote> Models);

/// <summary>A model, or what stands in for one.</summary>
/// <param name="Role">What it did, e.g. <c>inpainter</c>.</param>
/// <param name="Name">Its own name; of what is no model, its method.</param>
/// <param name="Sha256">Of its files, lower-case hexadecimal; null for what has none.</param>
internal sealed record ModelNote(string Role, string Name, string? Sha256 = null);

/// <summary>Why a sample is left out.</summary>
/// <param name="Reason">Without the sample's own values, so that equal reasons are counted together.</param>
/// <param name="Detail">With them.</param>
internal sealed record RejectionNote(string Reason, string Detail);
