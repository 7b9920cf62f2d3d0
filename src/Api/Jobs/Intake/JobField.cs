using InstructDiffusion.Api.Edits;

namespace InstructDiffusion.Api.Jobs.Intake;

/// <summary>The fields that every job has, whatever its type.</summary>
internal static class JobField
{
    /// <summary>Longest deadline in milliseconds: a week.</summary>
    public const long LongestDeadline = 7 * 24 * 3_600_000L;

    public static readonly EditField Type = new(
        "type",
        EditFieldType.Text,
        "What to do; the other fields are those of its synchronous route."
    )
    {
        Example = "edit",
    };

    public static readonly EditField Priority = new(
        "priority",
        EditFieldType.Text,
        "Its class. A job that has waited long moves up. Default: batch."
    )
    {
        Choices = EditTerms.Priorities.Keys,
    };

    public static readonly EditField DeadlineMs = new(
        "deadline_ms",
        EditFieldType.WholeNumber,
        "Milliseconds from now within which the result is wanted; a job that is not done by then expires."
    )
    {
        Minimum = 1_000,
        Maximum = LongestDeadline,
        Example = "600000",
    };

    public static readonly EditField Webhook = new(
        "webhook",
        EditFieldType.Text,
        "Address to POST the job to when it has ended, signed; only where the server allows webhooks."
    );

    /// <summary>All of them.</summary>
    public static IReadOnlyList<EditField> All { get; } = [Type, Priority, DeadlineMs, Webhook];
}
