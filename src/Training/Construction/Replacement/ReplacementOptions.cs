using System.Text.Json.Nodes;

namespace InstructDiffusion.Training.Construction.Replacement;

/// <summary>How regions are replaced. The paper gives neither features nor numbers of its search.</summary>
internal sealed record ReplacementOptions
{
    /// <summary>Longest side of the pairs' pictures, pixels.</summary>
    public int LongestSide { get; init; } = 512;

    /// <summary>How far beyond the region may be painted, pixels of the pairs' pictures.</summary>
    public int Dilation { get; init; } = 9;

    /// <summary>Largest part of the picture that is painted, 0…1.</summary>
    public double MostArea { get; init; } = 0.6;

    /// <summary>Among how many of the nearest usable neighbours one is drawn.</summary>
    public int Neighbours { get; init; } = 5;

    /// <summary>Largest cosine of a neighbour: what is closer is the same thing again.</summary>
    public double MostSimilar { get; init; } = 0.95;

    /// <summary>Groups of the approximate index; 0 compares with every region.</summary>
    public int Lists { get; init; }

    /// <summary>Groups that each search looks into.</summary>
    public int Probes { get; init; } = 8;

    /// <summary>The user's own phrasings; null for the program's.</summary>
    public string? Templates { get; init; }

    /// <summary>For the stage's identity.</summary>
    public JsonObject ToJson() =>
        new()
        {
            ["longest_side"] = LongestSide,
            ["dilation"] = Dilation,
            ["most_area"] = MostArea,
            ["neighbours"] = Neighbours,
            ["most_similar"] = MostSimilar,
            ["lists"] = Lists,
            ["probes"] = Lists == 0 ? 0 : Probes,
        };
}
