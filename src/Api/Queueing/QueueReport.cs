using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Queueing;

/// <summary>GET /v1/queue: sums over all callers, and the caller's own edits one by one.</summary>
internal sealed record QueueReport
{
    /// <summary>Edits that wait and their predicted work, by class.</summary>
    public required IReadOnlyDictionary<string, QueueDepthReport> Waiting { get; init; }

    /// <summary>Edits that may wait.</summary>
    public required int Capacity { get; init; }

    /// <summary>Edits in the engine.</summary>
    public required int Running { get; init; }

    /// <summary>Milliseconds of predicted work done in a millisecond of the engine: more than 1 where steps of several edits cost less than one by one.</summary>
    public required double DrainRate { get; init; }

    /// <summary>Predicted milliseconds until all that waits and runs is done.</summary>
    public required double EmptyInMs { get; init; }

    /// <summary>How long edits took against what was predicted, lately.</summary>
    public required PredictionReport? EditPrediction { get; init; }

    /// <summary>How long steps took against what was predicted, lately.</summary>
    public required PredictionReport? StepPrediction { get; init; }

    /// <summary>The caller's own edits, in the order in which they will be done.</summary>
    public required IReadOnlyList<OwnEditReport> Own { get; init; }

    public static QueueReport Of(QueueView view, int capacity) =>
        new()
        {
            Waiting = view.Waiting.ToDictionary(
                depth => Name(depth.Key),
                depth => new QueueDepthReport(depth.Value.Edits, Rounded(depth.Value.Work))
            ),
            Capacity = capacity,
            Running = view.Running,
            DrainRate = Math.Round(view.DrainRate, 2),
            EmptyInMs = Rounded(view.TimeUntilEmpty),
            EditPrediction = PredictionReport.Of(view.EditError),
            StepPrediction = PredictionReport.Of(view.StepError),
            Own = [.. view.Own.Select(OwnEditReport.Of)],
        };

    internal static string Name(EditPriority priority) =>
        Edits.EditTerms.Priorities.First(named => named.Value == priority).Key;

    internal static double Rounded(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);
}

/// <summary>What waits of one class.</summary>
/// <param name="Edits">How many edits.</param>
/// <param name="WorkMs">Milliseconds of the engine that they would take one by one.</param>
internal sealed record QueueDepthReport(int Edits, double WorkMs);

/// <summary>Actual time over predicted time: 1 is exact, 2 is twice as long as predicted.</summary>
/// <param name="P5">5 % were below.</param>
/// <param name="P50">Half were below.</param>
/// <param name="P95">95 % were below.</param>
/// <param name="Count">How many these are of.</param>
internal sealed record PredictionReport(double P5, double P50, double P95, int Count)
{
    public static PredictionReport? Of(PredictionError? error) =>
        error is { } known
            ? new PredictionReport(
                Math.Round(known.P5, 3),
                Math.Round(known.P50, 3),
                Math.Round(known.P95, 3),
                known.Count
            )
            : null;
}

/// <summary>One of the caller's own edits.</summary>
internal sealed record OwnEditReport
{
    /// <summary><c>waiting</c> or <c>running</c>.</summary>
    public required string State { get; init; }

    /// <summary>Its class.</summary>
    public required string Priority { get; init; }

    /// <summary>Steps done.</summary>
    public required int StepsDone { get; init; }

    /// <summary>Steps in all.</summary>
    public required int Steps { get; init; }

    /// <summary>Predicted milliseconds until it begins; 0 when it has.</summary>
    public required double BeginsInMs { get; init; }

    /// <summary>Predicted milliseconds until its picture is there.</summary>
    public required double EndsInMs { get; init; }

    public static OwnEditReport Of(OwnEdit edit) =>
        new()
        {
            State = edit.IsRunning ? "running" : "waiting",
            Priority = QueueReport.Name(edit.Ticket.Options.Priority),
            StepsDone = edit.Ticket.StepsDone,
            Steps = edit.Ticket.Shape.Steps,
            BeginsInMs = QueueReport.Rounded(edit.Begin),
            EndsInMs = QueueReport.Rounded(edit.End),
        };
}
