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
        problems.Require(
            CacheWordings == 0
                || CacheVariants == 1
                || Sources.All(source => !DataSourceKinds.WordsFollowPixels(source.Kind)),
            "data.cache_wordings",
            "cached words would not fit every one of several cache_variants: what is asked for there is drawn with the crop"
        );
        problems.Range(LoaderThreads, 1, 256, "data.loader_threads");
        problems.Range(BatchesAhead, 1, 1024, "data.batches_ahead");
    }
}
