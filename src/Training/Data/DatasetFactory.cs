using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Data.Editing;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.General;
using InstructDiffusion.Training.Data.Poses;
using InstructDiffusion.Training.Data.Restoration;
using InstructDiffusion.Training.Data.Segmentation;
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
    public static IEditDataset Open(DataSourceRecipe source, int resolution) =>
        Open(new DatasetOpening { Source = source, Resolution = resolution });

    /// <summary>Opens one and tells what of it was left out.</summary>
    /// <param name="source">What and where.</param>
    /// <param name="resolution">Side of its pictures.</param>
    /// <param name="say">Told a line for each reason.</param>
    /// <exception cref="DatasetException">It is missing or malformed.</exception>
    public static IEditDataset Open(DataSourceRecipe source, int resolution, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(say);
        var opening = new DatasetOpening { Source = source, Resolution = resolution };
        IEditDataset dataset = Open(opening);
        foreach (Rejection rejection in opening.Rejections.Rejected)
        {
            say($"{source.Path}: rejected {rejection.Count}: {rejection.Reason}, e.g. {rejection.Examples[0]}");
        }
        return dataset;
    }

    /// <summary>Opens one.</summary>
    /// <exception cref="DatasetException">It is missing or malformed.</exception>
    internal static IEditDataset Open(DatasetOpening opening)
    {
        DataSourceRecipe source = opening.Source;
        long count = source.Count ?? DefaultSceneCount;
        return source.Kind switch
        {
            DataSourceKind.Demo => new DemoDataset(
                DemoFolder.Open(source.Path),
                SplitOf(source),
                opening.Resolution,
                source.Seed,
                count,
                source.Tasks
            ),
            DataSourceKind.DemoCaptions => new DemoCaptionDataset(
                DemoFolder.Open(source.Path),
                SplitOf(source),
                opening.Resolution,
                source.Seed,
                count
            ),
            DataSourceKind.Picks => new PicksDataset(source.Path, opening.Resolution),
            DataSourceKind.Mpii or DataSourceKind.CocoKeypoints or DataSourceKind.CrowdPose or DataSourceKind.Aic =>
                PoseDataset.Open(opening),
            _ when DataSourceKinds.IsLabelMaps(source.Kind) => SemanticDataset.Open(opening),
            DataSourceKind.RefCoco or DataSourceKind.GRefCoco => ReferringDataset.Open(opening),
            DataSourceKind.GoPro or DataSourceKind.Reds or DataSourceKind.Sidd or DataSourceKind.Clwd =>
                RestorationSets.Open(opening),
            DataSourceKind.InstructPix2Pix => InstructPix2PixShards.Open(opening),
            DataSourceKind.Gier => GierPairs.Open(opening),
            DataSourceKind.GqaInpaint => GqaInpaintPairs.Open(opening),
            DataSourceKind.MagicBrush => EditLists.OpenMagicBrush(opening),
            DataSourceKind.Ieiw => EditLists.OpenIeiw(opening),
            DataSourceKind.Triples => TripleFiles.Open(opening),
            DataSourceKind.WebDataset => TarShards.Open(opening),
            _ => throw new ArgumentOutOfRangeException(nameof(opening), source.Kind, "kind: unknown"),
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
