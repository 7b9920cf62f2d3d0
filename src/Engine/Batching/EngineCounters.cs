namespace InstructDiffusion.Engine.Batching;

/// <summary>Counts what an engine does. Thread-safe: the engine and its queue add, anyone reads.</summary>
public sealed class EngineCounters
{
    private readonly Lock _lock = new();
    private readonly long[] _outcomes = new long[Enum.GetValues<EditOutcome>().Length];
    private readonly long[] _refused = new long[Enum.GetValues<RefusalReason>().Length];
    private readonly TimeSpan[] _time = new TimeSpan[Enum.GetValues<EngineStage>().Length];
    private long _accepted;
    private long _steps;
    private long _rows;
    private long _usefulSteps;
    private long _wastedSteps;
    private long _savedSteps;
    private long _outOfMemory;
    private long _broken;
    private long _stalls;

    private volatile Action<StageSample>[] _onWork = [];
    private volatile Action<EditTicket, EditOutcome>[] _onEnd = [];

    /// <summary>From now on <paramref name="listener"/> is told of every piece of work as it ends, on the engine's thread: must be quick and must not throw.</summary>
    public void OnWork(Action<StageSample> listener)
    {
        lock (_lock)
        {
            _onWork = [.. _onWork, listener];
        }
    }

    /// <summary>
    /// From now on <paramref name="listener"/> is told of every accepted edit as it ends, on whichever thread ended it, before its
    /// caller is: must be quick and must not throw.
    /// </summary>
    public void OnEnd(Action<EditTicket, EditOutcome> listener)
    {
        lock (_lock)
        {
            _onEnd = [.. _onEnd, listener];
        }
    }

    /// <summary>All counts at one moment.</summary>
    public EngineCounts Read()
    {
        lock (_lock)
        {
            return new EngineCounts
            {
                Accepted = _accepted,
                Succeeded = _outcomes[(int)EditOutcome.Succeeded],
                Failed = _outcomes[(int)EditOutcome.Failed],
                Cancelled = _outcomes[(int)EditOutcome.Cancelled],
                Expired = _outcomes[(int)EditOutcome.Expired],
                Refused = Enum.GetValues<RefusalReason>()
                    .ToDictionary(reason => reason, reason => _refused[(int)reason]),
                Steps = _steps,
                Rows = _rows,
                UsefulSteps = _usefulSteps,
                WastedSteps = _wastedSteps,
                SavedSteps = _savedSteps,
                OutOfMemory = _outOfMemory,
                Broken = _broken,
                Stalls = _stalls,
                Time = Enum.GetValues<EngineStage>().ToDictionary(stage => stage, stage => _time[(int)stage]),
            };
        }
    }

    internal void CountAccepted() => Add(ref _accepted, 1);

    internal void CountRefused(RefusalReason reason) => Add(ref _refused[(int)reason], 1);

    internal void CountOutOfMemory() => Add(ref _outOfMemory, 1);

    internal void CountBroken() => Add(ref _broken, 1);

    internal void CountStall() => Add(ref _stalls, 1);

    internal void CountEnded(EditTicket ticket, EditOutcome outcome)
    {
        lock (_lock)
        {
            _outcomes[(int)outcome]++;
            if (outcome == EditOutcome.Succeeded)
            {
                _usefulSteps += ticket.StepsDone;
            }
            else
            {
                _wastedSteps += ticket.StepsDone;
            }
            if (outcome is EditOutcome.Cancelled or EditOutcome.Expired)
            {
                _savedSteps += ticket.Shape.Steps - ticket.StepsDone;
            }
        }
        foreach (Action<EditTicket, EditOutcome> listener in _onEnd)
        {
            listener(ticket, outcome);
        }
    }

    internal void CountWork(StageSample sample)
    {
        lock (_lock)
        {
            _time[(int)sample.Stage] += sample.Time;
            if (sample.Stage == EngineStage.Step)
            {
                _steps++;
                _rows += sample.Rows;
            }
        }
        foreach (Action<StageSample> listener in _onWork)
        {
            listener(sample);
        }
    }

    private void Add(ref long counter, long amount)
    {
        lock (_lock)
        {
            counter += amount;
        }
    }
}
