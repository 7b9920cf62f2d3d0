using System.Text.Json;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Scoring;

/// <summary>Why something is left out, bounded and plain whatever a hostile file puts into its names.</summary>
internal static class ScoreNotes
{
    private const int LongestDetail = 500;

    /// <summary>A file is missing, too large or damaged.</summary>
    public static RejectionNote CannotBeRead(BrokenSampleException broken) => Of("cannot be read", broken.Message);

    /// <summary>
    /// A record that shards can hold: the one that is given, or, where scores and notes have made it too long, what is left of it as
    /// a rejection.
    /// </summary>
    public static ShardRecord Fitting(ShardRecord record)
    {
        int length = JsonSerializer.SerializeToUtf8Bytes(record, ShardJson.Options).Length;
        return length <= ShardRecord.MaxBytes
            ? record
            : new ShardRecord
            {
                Id = record.Id,
                Kind = record.Kind,
                Stages = record.Stages,
                Rejection = Of("its record is too long", $"{length:N0} bytes, allowed: {ShardRecord.MaxBytes:N0}"),
            };
    }

    /// <summary>A reason.</summary>
    /// <param name="reason">Without the item's own values.</param>
    /// <param name="detail">With them.</param>
    public static RejectionNote Of(string reason, string detail) =>
        new(reason, PlainText.Of(detail[..Math.Min(detail.Length, LongestDetail)]));
}
