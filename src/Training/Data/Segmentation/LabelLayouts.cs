using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>The layouts of the data sets with maps of labels, as their owners or the usual converters write them.</summary>
internal static class LabelLayouts
{
    private const int LongestLine = 1000;
    private const int MostFiles = 10_000_000;
    private const ushort Void = 255; // of 8-bit maps: a border, or nothing known
    private const string WithoutMap = "a picture without a map of labels";

    /// <summary>The layout of a part.</summary>
    /// <exception cref="DatasetException">A folder or a list is missing or malformed.</exception>
    public static LabelLayout Of(DatasetOpening opening, string split) =>
        opening.Source.Kind switch
        {
            DataSourceKind.CocoStuff => CocoStuff(opening, split),
            DataSourceKind.Ade20K => Ade20K(opening, split),
            DataSourceKind.PascalContext => Pascal(opening, split, "SegmentationContext", "SegmentationClassContext"),
            DataSourceKind.PascalVoc => Pascal(opening, split, "Segmentation", "SegmentationClass"),
            DataSourceKind.LabelMaps => Own(opening, split),
            var kind => throw new ArgumentOutOfRangeException(nameof(opening), kind, "kind: has no maps of labels"),
        };

    /// <summary>The part where none is named, or that is usually evaluated.</summary>
    public static string UsualSplit(DataSourceKind kind, bool isForTraining) =>
        (kind, isForTraining) switch
        {
            (DataSourceKind.CocoStuff, _) => isForTraining ? "train2017" : "val2017",
            (DataSourceKind.Ade20K, _) => isForTraining ? "training" : "validation",
            _ => isForTraining ? "train" : "val",
        };

    private static LabelLayout CocoStuff(DatasetOpening opening, string split) =>
        new()
        {
            Files = FilesIn(opening, split, ".jpg"),
            Names = LabelNames.OfCocoStuff(opening.Root),
            ClassOf = label =>
                label < LabelNames.CocoStuffCount ? label
                : label == Void ? LabelMap.None
                : null,
            Expected = $"expected 0…{LabelNames.CocoStuffCount - 1} or {Void}",
        };

    // 0 is what belongs to none of the 150.
    private static LabelLayout Ade20K(DatasetOpening opening, string split) =>
        FromOne(FilesIn(opening, split, ".jpg"), LabelNames.OfAde20K(opening.Root), hasVoid: false);

    private static LabelLayout Pascal(DatasetOpening opening, string split, string lists, string maps)
    {
        string list = opening.Root.Required($"ImageSets/{lists}/{split}.txt");
        var files = new List<(string, string)>();
        using var lines = new BoundedLines(list, LongestLine);
        while (lines.Next() is { } line && files.Count < MostFiles)
        {
            string id = line.Trim();
            (string image, string map) = ($"JPEGImages/{id}.jpg", $"{maps}/{id}.png");
            if (id.Length == 0)
            {
                continue;
            }
            if (opening.Root.HasFile(map))
            {
                files.Add((image, map));
            }
            else
            {
                opening.Rejections.Reject(WithoutMap, id);
            }
        }
        // 0 is the background, which is none of the classes that are asked for.
        return FromOne(
            files,
            opening.Source.Kind == DataSourceKind.PascalVoc ? LabelNames.PascalVoc : LabelNames.PascalContext,
            hasVoid: true
        );
    }

    // For ADE20K with 847 classes, Pascal Context with 459, and whatever users have: labels without a name belong to none.
    private static LabelLayout Own(DatasetOpening opening, string split)
    {
        IReadOnlyList<(int Label, string Name)> names = LabelNames.Of(opening.Root);
        Dictionary<ushort, ushort> classes = names
            .Index()
            .ToDictionary(entry => (ushort)entry.Item.Label, entry => (ushort)entry.Index);
        return new LabelLayout
        {
            Files = FilesIn(opening, split, ".jpg", ".jpeg", ".png"),
            Names = [.. names.Select(entry => entry.Name)],
            ClassOf = label => classes.TryGetValue(label, out ushort known) ? known : LabelMap.None,
            Expected = "any",
        };
    }

    private static LabelLayout FromOne(
        IReadOnlyList<(string, string)> files,
        IReadOnlyList<string> names,
        bool hasVoid
    ) =>
        new()
        {
            Files = files,
            Names = names,
            ClassOf = label =>
                label == 0 || (hasVoid && label == Void) ? LabelMap.None
                : label <= names.Count ? (ushort)(label - 1)
                : null,
            Expected = $"expected 0…{names.Count}{(hasVoid ? $" or {Void}" : "")}",
        };

    /// <summary><c>images/SPLIT</c> and <c>annotations/SPLIT</c>, equal names.</summary>
    private static List<(string, string)> FilesIn(DatasetOpening opening, string split, params string[] extensions)
    {
        HashSet<string> maps = new(opening.Root.FilesIn($"annotations/{split}", ".png"), StringComparer.Ordinal);
        var files = new List<(string, string)>();
        foreach (string image in opening.Root.FilesIn($"images/{split}", extensions))
        {
            string map = $"{Path.ChangeExtension(image, null)}.png";
            if (maps.Contains(map))
            {
                files.Add(($"images/{split}/{image}", $"annotations/{split}/{map}"));
            }
            else
            {
                opening.Rejections.Reject(WithoutMap, image);
            }
        }
        return files;
    }
}
