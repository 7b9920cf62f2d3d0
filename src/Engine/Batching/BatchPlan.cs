using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>What the engine does next: first drop, then admit, then step.</summary>
internal sealed record BatchPlan
{
    /// <summary>Cancelled edits to take out of the queue.</summary>
    public required IReadOnlyList<EditTicket> DropWaiting { get; init; }

    /// <summary>Cancelled edits to take out of the running batch.</summary>
    public required IReadOnlyList<RunningEdit> DropRunning { get; init; }

    /// <summary>The edit to prepare; it joins the batch at the next step of its size.</summary>
    public required EditTicket? Admit { get; init; }

    /// <summary>The edits that share the next step, all of one working size; empty when none is running.</summary>
    public required IReadOnlyList<RunningEdit> Step { get; init; }

    /// <summary>What each running size has had so far, this step included: pixels times rows.</summary>
    public required IReadOnlyDictionary<ImageSize, long> Spent { get; init; }

    /// <summary>True when there is nothing to do.</summary>
    public bool IsEmpty => DropWaiting.Count == 0 && DropRunning.Count == 0 && Admit is null && Step.Count == 0;
}
