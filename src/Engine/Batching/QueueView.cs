namespace InstructDiffusion.Engine.Batching;

/// <summary>A look at what waits and runs, as one tenant may see it.</summary>
public sealed record QueueView
{
    /// <summary>What waits, by class; every class is there.</summary>
    public required IReadOnlyDictionary<EditPriority, QueueDepth> Waiting { get; init; }

    /// <summary>Edits in the engine.</summary>
    public required int Running { get; init; }

    /// <summary>Work done a second, in seconds that the same edits would have taken one by one.</summary>
    public required double DrainRate { get; init; }

    /// <summary>Predicted time until all that waits and runs is done.</summary>
    public required TimeSpan TimeUntilEmpty { get; init; }

    /// <summary>How well whole edits were predicted lately; null before the first.</summary>
    public required PredictionError? EditError { get; init; }

    /// <summary>How well steps were predicted lately; null before the first.</summary>
    public required PredictionError? StepError { get; init; }

    /// <summary>The tenant's own edits, in the order in which they will be done.</summary>
    public required IReadOnlyList<OwnEdit> Own { get; init; }
}

/// <summary>Edits that wait, and their predicted work.</summary>
/// <param name="Edits">How many.</param>
/// <param name="Work">Engine time, one by one.</param>
public readonly record struct QueueDepth(int Edits, TimeSpan Work);

/// <summary>An edit of one's own.</summary>
/// <param name="Ticket">Which.</param>
/// <param name="IsRunning">False while it waits.</param>
/// <param name="Begin">Predicted time until it begins; zero when it has.</param>
/// <param name="End">Predicted time until its picture is there.</param>
public readonly record struct OwnEdit(EditTicket Ticket, bool IsRunning, TimeSpan Begin, TimeSpan End);
