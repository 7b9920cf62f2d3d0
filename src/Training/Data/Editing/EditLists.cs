using InstructDiffusion.Training.Data.General;
using InstructDiffusion.Training.Data.Pairs;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Editing;

/// <summary>
/// MagicBrush and Image Editing in the Wild (specification 4.7): lists of <c>input</c>, <c>edited</c> and <c>instruction</c>; or
/// MagicBrush as parquet files, Image Editing in the Wild as tar shards.
/// </summary>
internal static class EditLists
{
    private const string IeiwList = "meta_infov1.json";

    // The authors' list has the paths of their machine.
    private const string IeiwPrefix = "/mnt/external/tmp/2023/06/11/";

    private static readonly PairManner _usual = new(PairFraming.Squash, 0.5);

    /// <summary>Opens MagicBrush.</summary>
    /// <exception cref="DatasetException">Neither list nor parquet files are there, or nothing in them can be used.</exception>
    public static IEditDataset OpenMagicBrush(DatasetOpening opening)
    {
        string split = opening.SplitOr("train");
        string list = $"magic_{split}.json";
        return opening.Root.HasFile(list)
            ? Open(opening, list, split)
            : new PairDataset(
                ParquetPairs.Open(opening, split, out string[] contents),
                opening,
                _usual,
                split,
                contents
            );
    }

    /// <summary>Opens Image Editing in the Wild.</summary>
    /// <exception cref="DatasetException">Neither list nor shards are there, or nothing in them can be used.</exception>
    public static IEditDataset OpenIeiw(DatasetOpening opening) =>
        opening.Root.HasFile(IeiwList) ? Open(opening, IeiwList, opening.SplitOr("train")) : TarShards.Open(opening);

    private static PairDataset Open(DatasetOpening opening, string list, string split)
    {
        (List<FilePair> found, string hash) = ListedPairs.Read<Entry>(
            opening.Root.Required(list),
            opening,
            entry => (Place(entry.Input), Place(entry.Edited), [entry.Instruction])
        );
        var pairs = new FilePairs(opening.Root, opening.UprightPictures, found);
        return new PairDataset(pairs, opening, _usual, split, [hash, .. pairs.Contents]);
    }

    private static string? Place(string? path) =>
        path?.StartsWith(IeiwPrefix, StringComparison.Ordinal) == true ? path[IeiwPrefix.Length..] : path;

    private sealed record Entry
    {
        public string? Input { get; init; }

        public string? Edited { get; init; }

        public string? Instruction { get; init; }
    }
}
