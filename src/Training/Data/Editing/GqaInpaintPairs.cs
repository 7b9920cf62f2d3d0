using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pairs;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Editing;

/// <summary>
/// GQA-Inpaint (specification 4.7): a picture, and the same without one of its objects. From <c>train_scenes.json</c>; or from the
/// authors' <c>meta_info.json</c>, which was not released, where there is one.
/// </summary>
internal static class GqaInpaintPairs
{
    private const string List = "meta_info.json";
    private const int LargestSide = 16_384;
    private const int LongestWords = 200;

    // The list's paths are relative to a folder of the authors.
    private static readonly string[] _prefixes = ["../datasets/gqa-inpaint/", "../datasets/"];

    /// <summary>Opens the set.</summary>
    /// <exception cref="DatasetException">Its scenes are missing or damaged, or hold no pair that can be used.</exception>
    public static IEditDataset Open(DatasetOpening opening)
    {
        string split = opening.SplitOr("train");
        (List<FilePair> found, string hash) = opening.Root.HasFile(List)
            ? ListedPairs.Read<Entry>(
                opening.Root.Required(List),
                opening,
                entry => (Place(entry.SourceImagePath), Place(entry.TargetImagePath), [entry.Instruction])
            )
            : ReadScenes(opening.Root.Required($"{split}_scenes.json"), opening);
        var pairs = new FilePairs(opening.Root, opening.UprightPictures, found);
        return new PairDataset(pairs, opening, new PairManner(PairFraming.Squash, 0), split, hash);
    }

    private static (List<FilePair> Pairs, string Hash) ReadScenes(string path, DatasetOpening opening)
    {
        var pairs = new List<FilePair>();
        RejectionLog log = opening.Rejections;
        long number = 0;
        string hash = JsonStream.Read(
            path,
            null,
            (image, json) =>
            {
                number++;
                if (image is null)
                {
                    throw new DatasetException($"{path}: expected an object of scenes by their pictures");
                }
                if (DatasetJson.TryRead<GqaScene>(json, "scene", number, log) is not { } scene)
                {
                    return;
                }
                if (!IsSound(scene))
                {
                    log.Reject("a scene whose size, boxes or names cannot be", image);
                    return;
                }
                foreach ((string id, GqaRemoval removal) in scene.Removals())
                {
                    pairs.Add(new FilePair($"images/{image}.jpg", $"images_inpainted/{image}/{id}.jpg", removal));
                }
            },
            opening.CancellationToken
        );
        return (pairs, hash);
    }

    private static bool IsSound(GqaScene scene) =>
        scene.Width is >= 1 and <= LargestSide
        && scene.Height is >= 1 and <= LargestSide
        && scene.Objects.Values.All(item =>
            item is not null
            && item.Bbox is { Count: 4 }
            && item.Bbox.All(double.IsFinite)
            && item.Name.Length is > 0 and <= LongestWords
            && (item.Attributes ?? []).All(word => word is { Length: <= LongestWords })
            && item.Relations.All(relation => relation is { Name.Length: > 0 and <= LongestWords })
        );

    private static string? Place(string? path)
    {
        string? prefix = Array.Find(_prefixes, p => path?.StartsWith(p, StringComparison.Ordinal) == true);
        return prefix is null ? path : path![prefix.Length..];
    }

    private sealed record Entry
    {
        public string? SourceImagePath { get; init; }

        public string? TargetImagePath { get; init; }

        public string? Instruction { get; init; }
    }
}
