using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data;

/// <summary>Opens the data sets that recipes name.</summary>
public static class DatasetFactory
{
    // Procedural sets have no size of their own.
    private const long DefaultSceneCount = 50_000;

    /// <summary>Opens one.</summary>
    /// <param name="source">What and where.</param>
    /// <param name="resolution">Side of its pictures.</param>
    /// <exception cref="DatasetException">It is missing or malformed.</exception>
    public static IEditDataset Open(DataSourceRecipe source, int resolution)
    {
        ArgumentNullException.ThrowIfNull(source);
        long count = source.Count ?? DefaultSceneCount;
        return source.Kind switch
        {
            DataSourceKind.Demo => new DemoDataset(
                DemoFolder.Open(source.Path),
                SplitOf(source),
                resolution,
                source.Seed,
                count,
                source.Tasks
            ),
            DataSourceKind.DemoCaptions => new DemoCaptionDataset(
                DemoFolder.Open(source.Path),
                SplitOf(source),
                resolution,
                source.Seed,
                count
            ),
            DataSourceKind.Picks => new PicksDataset(source.Path, resolution),
            _ => throw new ArgumentOutOfRangeException(nameof(source), source.Kind, "kind: unknown"),
        };
    }

    private static DemoSplit SplitOf(DataSourceRecipe source) =>
        source.Split switch
        {
            null or "train" => DemoSplit.Train,
            "familiar" => DemoSplit.Familiar,
            "held_out" => DemoSplit.HeldOut,
            _ => throw new DatasetException($"split: expected train, familiar or held_out, got {source.Split}"),
        };
}
