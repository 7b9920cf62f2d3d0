namespace InstructDiffusion.Training.Recipes;

/// <summary>What a run learns from.</summary>
public sealed record DataRecipe
{
    /// <summary>The mixture.</summary>
    public required IReadOnlyList<DataSourceRecipe> Sources { get; init; }

    /// <summary>What losses and pictures are computed on between times; null for none.</summary>
    public DataSourceRecipe? Validation { get; init; }

    /// <summary>Side of the training pictures in pixels.</summary>
    public int Resolution { get; init; } = 256;

    /// <summary>Folder for latents that are encoded once and read at every visit; null encodes them every time.</summary>
    public string? Cache { get; init; }

    /// <summary>Variants of each pair in the cache: augmentations are drawn anew for each.</summary>
    public int CacheVariants { get; init; } = 1;

    /// <summary>
    /// Wordings of each instruction whose text states are cached with the latents; 0 encodes texts every time. For a frozen text
    /// encoder only.
    /// </summary>
    public int CacheWordings { get; init; }

    /// <summary>Threads that read, decode and augment.</summary>
    public int LoaderThreads { get; init; } = 2;

    /// <summary>Batches made ahead of the one that is trained on.</summary>
    public int BatchesAhead { get; init; } = 8;

    internal void Check(ProblemList problems, TrainingStage stage)
    {
        problems.Require(Sources.Count > 0, "data.sources", "must name at least one");
        for (int i = 0; i < Sources.Count; i++)
        {
            Sources[i].Check(problems, $"data.sources[{i}]", stage);
        }
        Validation?.Check(problems, "data.validation", stage);
        problems.Require(Resolution is >= 8 and <= 4096, "data.resolution", $"must be 8…4096, got {Resolution}");
        problems.Range(CacheVariants, 1, 64, "data.cache_variants");
        problems.Range(CacheWordings, 0, 64, "data.cache_wordings");
        problems.Require(
            CacheWordings == 0 || Cache is not null,
            "data.cache_wordings",
            "needs a folder in data.cache"
        );
        problems.Range(LoaderThreads, 1, 256, "data.loader_threads");
        problems.Range(BatchesAhead, 1, 1024, "data.batches_ahead");
    }
}

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

    /// <summary>Which part of it, e.g. <c>train</c>.</summary>
    public string? Split { get; init; }

    /// <summary>Of procedural sets.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Share of each task, for procedural sets; null for the set's own.</summary>
    public IReadOnlyDictionary<string, double>? Tasks { get; init; }

    internal void Check(ProblemList problems, string field, TrainingStage stage)
    {
        problems.Require(!string.IsNullOrWhiteSpace(Path), $"{field}.path", "must not be empty");
        problems.Range(Weight, 0.0001, 10_000, $"{field}.weight");
        problems.Require(Count is null or > 0, $"{field}.count", $"must be at least 1, got {Count}");
        problems.Require(
            (stage == TrainingStage.Adaptation) == (Kind == DataSourceKind.DemoCaptions)
                || stage == TrainingStage.Autoencoder,
            $"{field}.kind",
            $"{Kind} does not suit the {stage} stage"
        );
    }
}

/// <summary>Forms of data sets.</summary>
public enum DataSourceKind
{
    /// <summary>Procedural scenes of the demo, made by <c>data demo</c>: instruction pairs.</summary>
    Demo,

    /// <summary>The same scenes with captions.</summary>
    DemoCaptions,

    /// <summary>Edits picked by people or by a measure, made by <c>align export</c>.</summary>
    Picks,
}
