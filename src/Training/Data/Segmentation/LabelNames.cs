using System.Globalization;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>Names of the classes that maps of labels have, lower case as instructions have them.</summary>
internal static class LabelNames
{
    /// <summary>COCO-Stuff's labels are 0…181.</summary>
    public const int CocoStuffCount = 182;

    private const int Ade20KCount = 150;
    private const int LargestLabel = ushort.MaxValue - 1; // the last one is LabelMap.None
    private const int LongestLine = 1000;
    private const int LongestName = 100;

    /// <summary>Pascal VOC's 20, by label less 1; run-together words are parted.</summary>
    public static IReadOnlyList<string> PascalVoc { get; } =
        Split(
            "aeroplane,bicycle,bird,boat,bottle,bus,car,cat,chair,cow,dining table,dog,horse,motorbike,person,potted plant,sheep,"
                + "sofa,train,tv monitor"
        );

    /// <summary>The 59 of Pascal Context that are usually taken, by label less 1.</summary>
    public static IReadOnlyList<string> PascalContext { get; } =
        Split(
            "aeroplane,bag,bed,bedclothes,bench,bicycle,bird,boat,book,bottle,building,bus,cabinet,car,cat,ceiling,chair,cloth,"
                + "computer,cow,cup,curtain,dog,door,fence,floor,flower,food,grass,ground,horse,keyboard,light,motorbike,mountain,"
                + "mouse,person,plate,platform,potted plant,road,rock,sheep,shelves,sidewalk,sign,sky,snow,sofa,table,track,train,"
                + "tree,truck,tv monitor,wall,water,window,wood"
        );

    /// <summary>Reads COCO-Stuff's <c>labels.txt</c>: lines of <c>id: name</c> with ids from 0 (unlabeled) to 182.</summary>
    /// <returns>Names by label, which is the id less one.</returns>
    /// <exception cref="DatasetException">The file is missing, or a name in it.</exception>
    public static IReadOnlyList<string> OfCocoStuff(DatasetRoot root)
    {
        var names = new string[CocoStuffCount];
        List<(int Id, string Name)> numbered = Numbered(root, out string path);
        foreach ((int id, string name) in numbered)
        {
            if (id is >= 1 and <= CocoStuffCount)
            {
                names[id - 1] = name;
            }
        }
        return Complete(names, path, missing => $"no line '{missing + 1}: name'; expected ids 0…{CocoStuffCount}");
    }

    /// <summary>
    /// Reads ADE20K's <c>objectInfo150.txt</c>: columns with tabs between them, the first one a number from 1 to 150, the last one names
    /// that mean the same, of which the first is taken.
    /// </summary>
    /// <returns>Names by label less 1.</returns>
    /// <exception cref="DatasetException">The file is missing, or a name in it.</exception>
    public static IReadOnlyList<string> OfAde20K(DatasetRoot root)
    {
        string path = root.Required("objectInfo150.txt");
        var names = new string[Ade20KCount];
        using var lines = new BoundedLines(path, LongestLine);
        while (lines.Next() is { } line)
        {
            string[] columns = line.Split('\t', StringSplitOptions.TrimEntries);
            bool isNumbered = int.TryParse(columns[0], CultureInfo.InvariantCulture, out int id);
            if (isNumbered && columns.Length > 1 && id is >= 1 and <= Ade20KCount)
            {
                names[id - 1] = Cleaned(columns[^1].Split(',')[0]);
            }
        }
        return Complete(names, path, missing => $"no line of number {missing + 1}; expected 1…{Ade20KCount}");
    }

    /// <summary>Reads a <c>labels.txt</c> of one's own: lines of <c>label: name</c>; labels that are not named belong to no class.</summary>
    /// <returns>At least one, in the order of the labels.</returns>
    /// <exception cref="DatasetException">The file is missing, or names nothing, or a label twice.</exception>
    public static IReadOnlyList<(int Label, string Name)> Of(DatasetRoot root)
    {
        (int Label, string Name)[] names =
        [
            .. Numbered(root, out string path).Where(entry => entry.Id is >= 0 and <= LargestLabel),
        ];
        Array.Sort(names, (one, other) => one.Label.CompareTo(other.Label));
        for (int i = 1; i < names.Length; i++)
        {
            if (names[i].Label == names[i - 1].Label)
            {
                throw new DatasetException($"{path}: the label {names[i].Label} is named twice");
            }
        }
        return names.Length > 0
            ? names
            : throw new DatasetException($"{path}: no line 'label: name' with a label of 0…{LargestLabel}");
    }

    private static List<(int Id, string Name)> Numbered(DatasetRoot root, out string path)
    {
        path = root.Required("labels.txt");
        var entries = new List<(int, string)>();
        using var lines = new BoundedLines(path, LongestLine);
        while (lines.Next() is { } line && entries.Count <= LargestLabel)
        {
            string[] parts = line.Trim().Split(": ", 2);
            if (
                parts.Length == 2
                && int.TryParse(parts[0], CultureInfo.InvariantCulture, out int id)
                && Cleaned(parts[1]) is { Length: > 0 and <= LongestName } name
            )
            {
                entries.Add((id, name));
            }
        }
        return entries;
    }

    private static string[] Complete(string[] names, string path, Func<int, string> problem)
    {
        int missing = Array.FindIndex(names, string.IsNullOrEmpty);
        return missing < 0 ? names : throw new DatasetException($"{path}: {problem(missing)}");
    }

    private static string Cleaned(string name) => name.Trim().ToLowerInvariant();

    private static string[] Split(string names) => names.Split(',');
}
