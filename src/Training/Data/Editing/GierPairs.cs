using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pairs;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Editing;

/// <summary>
/// GIER (specification 4.7): its own <c>GIER.json</c>, whose requests are those of experts and amateurs, or the authors'
/// <c>GIER_new.json</c>, which was not released. Pictures are looked for in <c>warped</c>, then in <c>images</c>.
/// </summary>
internal static class GierPairs
{
    private static readonly string[] _lists = ["GIER_new.json", "GIER.json"];

    /// <summary>Opens the set.</summary>
    /// <exception cref="DatasetException">Its list is missing or damaged, or holds no pair that can be used.</exception>
    public static IEditDataset Open(DatasetOpening opening)
    {
        DatasetRoot root = opening.Root;
        string split = opening.SplitOr("train");
        string list = root.Required(Array.Find(_lists, root.HasFile) ?? _lists[^1]);
        (List<FilePair> listed, string hash) = ListedPairs.Read<Entry>(list, opening, entry => Map(entry, root));
        // As the authors: first those whose pictures are there, then the parts.
        List<FilePair> present = [];
        foreach (FilePair pair in listed)
        {
            if (root.HasFile(pair.Source) && root.HasFile(pair.Target))
            {
                present.Add(pair);
            }
            else
            {
                opening.Rejections.Reject(
                    "a picture that is missing or outside the folder",
                    $"{pair.Source}, {pair.Target}"
                );
            }
        }
        Range part = EditingSplits.Of(present.Count, split);
        var pairs = new FilePairs(root, opening.UprightPictures, present[part]);
        return new PairDataset(pairs, opening, new PairManner(PairFraming.Squash, 0), split, [hash, .. pairs.Contents]);
    }

    private static (string?, string?, IEnumerable<string?>?) Map(Entry entry, DatasetRoot root)
    {
        IEnumerable<string?> requests = (entry.ExpertSummary ?? []).Concat(entry.AmateurSummary ?? []);
        return (Place(entry.Input), Place(entry.Output), entry.Prompts ?? requests);

        string? Place(string? name) =>
            name is null ? null
            : root.HasFile($"warped/{name}") ? $"warped/{name}"
            : $"images/{name}";
    }

    private sealed record Entry
    {
        public string? Input { get; init; }

        public string? Output { get; init; }

        public IReadOnlyList<string?>? Prompts { get; init; }

        public IReadOnlyList<string?>? ExpertSummary { get; init; }

        public IReadOnlyList<string?>? AmateurSummary { get; init; }
    }
}
