using System.Collections.Frozen;

namespace InstructDiffusion.Engine.Models.Tokenization.Cleaning;

/// <summary>The parts of the Unicode character database (version 15.0) that composition needs.</summary>
internal static class CanonicalTables
{
    // A row: the character, what it decomposes into, and a "!" when composition must not bring it back.
    private static readonly string[][] Rows = [.. EmbeddedFile.ReadTable("canonical-decompositions.txt")];

    /// <summary>A character and its one or two parts; the second is 0 when there is one.</summary>
    public static FrozenDictionary<int, (int First, int Second)> Decompositions { get; } =
        Rows.ToFrozenDictionary(
            row => Point(row[0]),
            row => (Point(row[1]), row.Length > 2 && row[2] is not "!" ? Point(row[2]) : 0)
        );

    /// <summary>Two characters and the one that stands for both.</summary>
    public static FrozenDictionary<(int First, int Second), int> Compositions { get; } =
        Rows.Where(row => row[^1] is not "!")
            .ToFrozenDictionary(row => (Point(row[1]), Point(row[2])), row => Point(row[0]));

    private static readonly FrozenDictionary<int, int> Classes = EmbeddedFile
        .ReadTable("canonical-classes.txt")
        .SelectMany(row =>
            Enumerable
                .Range(Point(row[0]), Point(row[1]) - Point(row[0]) + 1)
                .Select(point => KeyValuePair.Create(point, int.Parse(row[2])))
        )
        .ToFrozenDictionary();

    /// <summary>The combining class: 0 for a starter, above for a mark, by where it attaches.</summary>
    public static int ClassOf(int point) => Classes.GetValueOrDefault(point);

    private static int Point(string hexadecimal) => Convert.ToInt32(hexadecimal, 16);
}
