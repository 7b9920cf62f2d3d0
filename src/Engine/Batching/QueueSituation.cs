namespace InstructDiffusion.Engine.Batching;

/// <summary>What waits and runs at one moment, seen by who wants to join.</summary>
internal sealed class QueueSituation(
    TimeSpan now,
    IReadOnlyList<EditTicket> waiting,
    EngineLoad load,
    CostEstimate costs,
    bool mayPromise
)
{
    private IReadOnlyDictionary<EditTicket, ForecastTimes>? _unchanged;

    /// <summary>The queue's clock.</summary>
    public TimeSpan Now => now;

    /// <summary>The queue, oldest first.</summary>
    public IReadOnlyList<EditTicket> Waiting => waiting;

    /// <summary>What work costs.</summary>
    public CostEstimate Costs => costs;

    /// <summary>False for who only asks.</summary>
    public bool MayPromise => mayPromise;

    /// <summary>Seconds of the longest round that may be under way; 0 for an idle engine.</summary>
    public double Round(BatchLimits limits) =>
        load.Running.Count == 0 ? 0 : costs.Round(load.Running.Sum(edit => edit.Ticket.Shape.StepPixels), limits);

    /// <summary>Edits of a tenant that wait.</summary>
    public int WaitingOf(string tenant) =>
        waiting.Count(ticket => ticket.Options.Tenant.Equals(tenant, StringComparison.Ordinal));

    /// <summary>Seconds until an edit that joins now would begin, about.</summary>
    public double BeginOfNext(BatchLimits limits)
    {
        if (waiting.Count == 0 && load.Running.Count < limits.MaxRunningEdits)
        {
            return 0;
        }
        IReadOnlyDictionary<EditTicket, ForecastTimes> times = Forecast(limits);
        return waiting.Count > 0
            ? waiting.Max(ticket => times[ticket].Begin)
            : times.Values.Select(time => time.End).DefaultIfEmpty().Min();
    }

    /// <summary>The same with one more edit that waits.</summary>
    public QueueSituation With(EditTicket ticket) => new(now, [.. waiting, ticket], load, costs, mayPromise);

    /// <summary>Time left and work left, in seconds, of every edit that has a deadline, and of one more.</summary>
    public IEnumerable<(double Left, double Work)> WithDeadlines(EditTicket newcomer) =>
        load
            .Running.Where(edit => !edit.Ticket.IsOver)
            .Select(edit =>
                (edit.Ticket, Work: costs.Rest(edit.Ticket.Shape, edit.Ticket.Shape.Steps - edit.StepsLeft))
            )
            .Concat(waiting.Append(newcomer).Select(ticket => (Ticket: ticket, Work: costs.Work(ticket.Shape))))
            .Where(edit => edit.Ticket.Deadline is not null)
            .Select(edit => ((edit.Ticket.Deadline.GetValueOrDefault() - now).TotalSeconds, edit.Work));

    /// <summary>Begin and end of all edits; played forward once, however often it is asked for.</summary>
    public IReadOnlyDictionary<EditTicket, ForecastTimes> Forecast(BatchLimits limits) =>
        _unchanged ??= Forecast(limits, newcomer: null);

    /// <summary>Begin and end of all edits, and of one more behind them.</summary>
    public IReadOnlyDictionary<EditTicket, ForecastTimes> Forecast(BatchLimits limits, EditTicket? newcomer) =>
        Batching.Forecast.Of(
            new ForecastInput
            {
                Now = now,
                Waiting = newcomer is null ? waiting : [.. waiting, newcomer],
                Running = [.. load.Running.Where(edit => !edit.Ticket.IsOver)],
                Used = load.Used,
                Limits = limits,
                Costs = costs,
            }
        );
}
