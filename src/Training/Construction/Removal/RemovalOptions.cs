using System.Text.Json.Nodes;

namespace InstructDiffusion.Training.Construction.Removal;

/// <summary>How regions become pairs.</summary>
internal sealed record RemovalOptions
{
    /// <summary>Longest side of the pairs' pictures, pixels.</summary>
    public int LongestSide { get; init; } = 512;

    /// <summary>
    /// How far beyond the region is filled, pixels of the pairs' pictures: outlines are never exact, and what is left of a thing's
    /// edge is what an inpainter paints it again from. The paper gives no number; the specification suggests 7 to 15 at 512.
    /// </summary>
    public int Dilation { get; init; } = 9;

    /// <summary>Largest part of the picture that is filled, 0…1.</summary>
    public double MostArea { get; init; } = 0.6;

    /// <summary>Least mean change of the region's levels, 0…255, for there to be anything to learn.</summary>
    public double LeastChange { get; init; } = 3;

    /// <summary>The user's own phrasings; null for the program's.</summary>
    public string? Templates { get; init; }

    /// <summary>For the stage's identity.</summary>
    public JsonObject ToJson() =>
        new()
        {
            ["longest_side"] = LongestSide,
            ["dilation"] = Dilation,
            ["most_area"] = MostArea,
            ["least_change"] = LeastChange,
        };
}
