using System.Text.RegularExpressions;
using InstructDiffusion.Training.Data.Pairs;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Restoration;

/// <summary>
/// GoPro and REDS (blur), SIDD (noise) and CLWD (watermarks): a folder of damaged pictures and one of good ones (specification 4.6),
/// paired by name. The authors pair them by order: one file missing, and all that follow are pairs of strangers.
/// </summary>
internal static partial class RestorationSets
{
    private const int ExamplesTold = 3;

    private static readonly string[] _pictures = [".png", ".jpg", ".jpeg", ".webp"];

    /// <summary>Opens one of the four.</summary>
    /// <exception cref="DatasetException">A folder is missing, or a picture has no partner.</exception>
    public static IEditDataset Open(DatasetOpening opening)
    {
        string split = opening.SplitOr("train");
        Layout layout = LayoutOf(opening.Source.Kind);
        string sourceFolder = $"{split}/{layout.Sources}";
        string targetFolder = $"{split}/{layout.Targets}";
        IReadOnlyList<string> sources = opening.Root.FilesIn(sourceFolder, _pictures);
        IReadOnlyList<string> targets = opening.Root.FilesIn(targetFolder, _pictures);
        IEnumerable<(string Source, string Target)> matched = opening.Source.Reproduces(ReleasedDefect.PairsByOrder)
            ? ByOrder(sources, targets, opening)
            : ByName(sources, targets, sourceFolder, targetFolder, opening);
        InstructionTemplates templates = TaskTemplates.Load(layout.Task, opening.Source.Templates);
        var text = new Wordings(layout.Task, opening.Source.HeldOutPhrasings ? templates.HeldOut : templates.Train);
        var pairs = new FilePairs(
            opening.Root,
            opening.UprightPictures,
            [
                .. matched.Select(pair => new FilePair(
                    $"{sourceFolder}/{pair.Source}",
                    $"{targetFolder}/{pair.Target}",
                    text
                )),
            ]
        );
        var usual = new PairManner(layout.Framing, 0.5, HasWords: false);
        return new PairDataset(pairs, opening, usual, split, pairs.Contents);
    }

    private static Layout LayoutOf(DataSourceKind kind) =>
        kind switch
        {
            DataSourceKind.GoPro => new Layout("input", "target", TaskNames.Deblur, PairFraming.ShortSide),
            DataSourceKind.Reds => new Layout("blur", "sharp", TaskNames.Deblur, PairFraming.ShortSide),
            DataSourceKind.Sidd => new Layout("input", "gt", TaskNames.Denoise, PairFraming.Native),
            DataSourceKind.Clwd => new Layout(
                "Watermarked_image",
                "Watermark_free_image",
                TaskNames.Watermark,
                PairFraming.ShortSide
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "kind: is none of restoration"),
        };

    private static IEnumerable<(string Source, string Target)> ByOrder(
        IReadOnlyList<string> sources,
        IReadOnlyList<string> targets,
        DatasetOpening opening
    ) =>
        sources.Count == targets.Count
            ? sources.Zip(targets)
            : throw new DatasetException(
                $"{opening.Source.Path}: {sources.Count} sources and {targets.Count} targets cannot be paired by order"
            );

    private static IEnumerable<(string Source, string Target)> ByName(
        IReadOnlyList<string> sources,
        IReadOnlyList<string> targets,
        string sourceFolder,
        string targetFolder,
        DatasetOpening opening
    )
    {
        Dictionary<string, string> named = ByKey(targets, targetFolder);
        Dictionary<string, string> sought = ByKey(sources, sourceFolder);
        string[] alone =
        [
            .. sought.Where(entry => !named.ContainsKey(entry.Key)).Select(entry => $"{sourceFolder}/{entry.Value}"),
            .. named.Where(entry => !sought.ContainsKey(entry.Key)).Select(entry => $"{targetFolder}/{entry.Value}"),
        ];
        return alone.Length == 0
            ? sought.Select(entry => (entry.Value, named[entry.Key]))
            : throw new DatasetException(
                $"{opening.Source.Path}: {alone.Length} pictures have no partner of the same name, e.g. "
                    + $"{string.Join(", ", alone.Take(ExamplesTold))}"
            );
    }

    private static Dictionary<string, string> ByKey(IReadOnlyList<string> files, string folder)
    {
        var byKey = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string file in files)
        {
            // SIDD's own names differ in a word: 0001_NOISY_SRGB_010, 0001_GT_SRGB_010.
            string key = SiddWord().Replace(Path.ChangeExtension(file, null), "");
            if (!byKey.TryAdd(key, file))
            {
                throw new DatasetException($"{folder}: {byKey[key]} and {file} have the same name");
            }
        }
        return byKey;
    }

    [GeneratedRegex("_(NOISY|GT)(?=_)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SiddWord();

    private sealed record Layout(string Sources, string Targets, string Task, PairFraming Framing);
}
