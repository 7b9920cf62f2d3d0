using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Scoring;

/// <summary>Why something is not scored, bounded and plain whatever a hostile file puts into its names.</summary>
internal static class ScoreNotes
{
    private const int LongestDetail = 500;

    /// <summary>A file is missing, too large or damaged.</summary>
    public static RejectionNote CannotBeRead(BrokenSampleException broken) => Of("cannot be read", broken.Message);

    /// <summary>A reason.</summary>
    /// <param name="reason">Without the item's own values.</param>
    /// <param name="detail">With them.</param>
    public static RejectionNote Of(string reason, string detail) =>
        new(reason, PlainText.Of(detail[..Math.Min(detail.Length, LongestDetail)]));
}
