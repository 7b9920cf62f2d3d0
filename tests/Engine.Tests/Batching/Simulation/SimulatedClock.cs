namespace InstructDiffusion.Engine.Tests.Batching.Simulation;

/// <summary>
/// Time that moves only when something takes time. What was planned for a moment happens at that moment, also in the middle of
/// a step of the engine, as it does in a server where requests come on other threads.
/// </summary>
internal sealed class SimulatedClock : TimeProvider
{
    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _planned = new();
    private long _order;

    public TimeSpan Now { get; private set; }

    /// <summary>When the next planned thing happens; null for never.</summary>
    public TimeSpan? Next => _planned.TryPeek(out _, out (TimeSpan At, long) next) ? next.At : null;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Now.Ticks;

    /// <summary>Plans something; what is planned for one moment happens in the order of planning.</summary>
    public void Plan(TimeSpan at, Action action) => _planned.Enqueue(action, (at < Now ? Now : at, _order++));

    /// <summary>Lets time pass.</summary>
    public void Advance(TimeSpan time) => AdvanceTo(Now + time);

    /// <summary>Lets time pass until a moment; nothing happens if that is past.</summary>
    public void AdvanceTo(TimeSpan moment)
    {
        while (Next is { } next && next <= moment)
        {
            Now = next;
            _planned.Dequeue()();
        }
        Now = moment > Now ? moment : Now;
    }
}
