namespace InstructDiffusion.Training.Recipes;

/// <summary>One data set of a mixture.</summary>
public sealed record DataSourceRecipe
{
    /// <summary>Its form.</summary>
    public required DataSourceKind Kind { get; init; }

    /// <summary>Its folder or file.</summary>
    public required string Path { get; init; }

    /// <summary>Visits of each pair an epoch: 2 shows everything twice, 0.1 a tenth of it, another one each epoch.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Pairs, for procedural sets.</summary>
    public long? Count { get; init; }

    /// <summary>Which part of it, e.g. <c>train</c>; null for the part that the authors train on.</summary>
    public string? Split { get; init; }

    /// <summary>Of procedural sets.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Share of each task, for procedural sets; null for the set's own.</summary>
    public IReadOnlyDictionary<string, double>? Tasks { get; init; }

    /// <summary>
    /// File of annotations, relative to <see cref="Path"/>, where it is not the usual one: HumanArt or AP-10K as COCO keypoints,
    /// RefCOCO+ as RefCOCO.
    /// </summary>
    public string? Annotations { get; init; }

    /// <summary>
    /// For <see cref="DataSourceKind.InstructPix2Pix"/>: JSON file of the pairs to keep, an array of <c>name/seed</c>; <c>none</c>
    /// keeps all; null for <c>filtered_ids_ip2p.json</c> in <see cref="Path"/>.
    /// </summary>
    public string? Filter { get; init; }

    /// <summary>Whether samples are cropped, turned and mirrored at random; null: in parts whose name begins with <c>train</c>.</summary>
    public bool? Augment { get; init; }

    /// <summary>How often a pair is mirrored, 0…1; null for the authors' share.</summary>
    public double? Flip { get; init; }

    /// <summary>How the pictures of pairs become square; null for the authors' way.</summary>
    public PairFraming? Framing { get; init; }

    /// <summary>Folder of phrasings, a file a task; null for the program's own (<c>data templates</c> writes them out).</summary>
    public string? Templates { get; init; }

    /// <summary>Draw the phrasings that are kept for evaluation.</summary>
    public bool HeldOutPhrasings { get; init; }

    /// <summary>Put the kind of task before an instruction, as the authors' loaders can: <c>Image Editing: …</c>.</summary>
    public bool TaskPrefix { get; init; }

    /// <summary>Trust links that lead out of <see cref="Path"/>.</summary>
    public bool FollowLinks { get; init; }

    /// <summary>Defects of the authors' loaders to reproduce; null or empty mends them all.</summary>
    public IReadOnlyList<ReleasedDefect>? AsReleased { get; init; }

    /// <summary>Whether a defect is to be reproduced.</summary>
    public bool Reproduces(ReleasedDefect defect) =>
        AsReleased is { } named
        && (
            named.Contains(defect) || (named.Contains(ReleasedDefect.All) && ReleasedDefects.Of(Kind).Contains(defect))
        );

    internal void Check(ProblemList problems, string field, TrainingStage stage)
    {
        problems.Require(!string.IsNullOrWhiteSpace(Path), $"{field}.path", "must not be empty");
        problems.Range(Weight, 0.0001, 10_000, $"{field}.weight");
        problems.Require(Count is null or > 0, $"{field}.count", $"must be at least 1, got {Count}");
        problems.Require(
            (stage == TrainingStage.Adaptation) == (Kind == DataSourceKind.DemoCaptions)
                || stage == TrainingStage.Autoencoder,
            $"{field}.kind",
            $"{DataSourceKinds.NameOf(Kind)} does not suit the {stage} stage"
        );
        problems.Require(Flip is null or (>= 0 and <= 1), $"{field}.flip", $"must be 0…1, got {Flip}");
        RequireKind(problems, $"{field}.filter", Filter is not null, Kind == DataSourceKind.InstructPix2Pix);
        RequireKind(problems, $"{field}.annotations", Annotations is not null, DataSourceKinds.HasAnnotations(Kind));
        RequireKind(problems, $"{field}.framing", Framing is not null, DataSourceKinds.IsPairs(Kind));
        RequireKind(problems, $"{field}.flip", Flip is not null, !DataSourceKinds.IsBuiltHere(Kind));
        RequireKind(problems, $"{field}.task_prefix", TaskPrefix, DataSourceKinds.IsPairs(Kind));
        foreach (ReleasedDefect defect in AsReleased ?? [])
        {
            problems.Require(
                defect == ReleasedDefect.All || ReleasedDefects.Of(Kind).Contains(defect),
                $"{field}.as_released",
                $"{defect} is none of {DataSourceKinds.NameOf(Kind)}"
            );
        }
    }

    private void RequireKind(ProblemList problems, string field, bool isGiven, bool suits) =>
        problems.Require(!isGiven || suits, field, $"does not suit {DataSourceKinds.NameOf(Kind)}");
}

/// <summary>How the two pictures of a pair become squares of the training resolution.</summary>
public enum PairFraming
{
    /// <summary>Resized without regard to their aspect, as the authors' editing loaders do.</summary>
    Squash,

    /// <summary>The shorter side resized to the resolution, then the same random part of both.</summary>
    ShortSide,

    /// <summary>The same random part of both, not resized: for noise, which resizing would take away.</summary>
    Native,
}
