namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// What the engine does next: let go, then decode or prepare, then step. Decoding and preparing are one piece of work between
/// two steps, so that they hold up the running edits by no more than that.
/// </summary>
internal sealed record BatchPlan
{
    /// <summary>Edits to take out of the queue, and why.</summary>
    public required IReadOnlyList<(EditTicket Ticket, EditFate Fate)> DropWaiting { get; init; }

    /// <summary>Edits to take out of the running batch, and why.</summary>
    public required IReadOnlyList<(RunningEdit Edit, EditFate Fate)> DropRunning { get; init; }

    /// <summary>Edits to decode as they are, for their time is nearly over.</summary>
    public required IReadOnlyList<RunningEdit> Cut { get; init; }

    /// <summary>The edit to decode; null for none.</summary>
    public required RunningEdit? Finish { get; init; }

    /// <summary>The edits to prepare together; they join at the next step. Empty when one is decoded.</summary>
    public required IReadOnlyList<EditTicket> Prepare { get; init; }

    /// <summary>The edits that share the next step, all of one working size; empty when none is running.</summary>
    public required IReadOnlyList<RunningEdit> Step { get; init; }

    /// <summary>True when there is nothing to do.</summary>
    public bool IsEmpty =>
        DropWaiting.Count == 0
        && DropRunning.Count == 0
        && Cut.Count == 0
        && Finish is null
        && Prepare.Count == 0
        && Step.Count == 0;
}
