using System.Text.Json.Nodes;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Construction.Regions;

/// <summary>Which regions are worth a pair.</summary>
internal sealed record RegionOptions
{
    private const int LongestPhrase = 200;

    /// <summary>Smallest part of the picture, 0…1.</summary>
    public double LeastArea { get; init; } = 0.005;

    /// <summary>Largest part of the picture, 0…1: what covers most of it leaves nothing to fill from.</summary>
    public double MostArea { get; init; } = 0.5;

    /// <summary>For the stage's identity.</summary>
    public JsonObject ToJson() => new() { ["least_area"] = LeastArea, ["most_area"] = MostArea };

    /// <summary>A phrase that instructions can be made with.</summary>
    /// <exception cref="RejectedItemException">It is none.</exception>
    public static string RequirePhrase(string? phrase)
    {
        string text = string.Join(' ', (phrase ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (text.Length == 0)
        {
            throw new RejectedItemException("no phrase", "");
        }
        if (text.Length > LongestPhrase || text.Any(char.IsControl))
        {
            throw new RejectedItemException("a phrase that is no phrase", text[..Math.Min(text.Length, 80)]);
        }
        return text;
    }

    /// <summary>What a record says of a region.</summary>
    /// <exception cref="RejectedItemException">It is too small or too large.</exception>
    public RegionNote Note(RegionMask mask, string phrase, string? name, string foundBy)
    {
        double area = mask.Area;
        if (area < LeastArea || area > MostArea)
        {
            string reason =
                area == 0 ? "a region without pixels"
                : area < LeastArea ? "a small region"
                : "a large region";
            throw new RejectedItemException(reason, $"'{phrase}' covers {area:0.0000} of the picture");
        }
        (int x, int y, int width, int height) = mask.Box;
        string? noun = string.IsNullOrWhiteSpace(name) || name.Length > LongestPhrase ? null : name.Trim();
        return new RegionNote(phrase, [x, y, width, height], Math.Round(area, 6)) { Name = noun, FoundBy = foundBy };
    }
}
