using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace InstructDiffusion.Engine.Tests.Batching.Simulation;

/// <summary>
/// The real queue, planner and batch over the fake pipeline, on a simulated clock and without threads: hours of load pass in
/// seconds, and the same every time.
/// </summary>
internal sealed class SimulatedServer
{
    private readonly Dictionary<EditTicket, SimulatedEdit> _open = [];
    private readonly Dictionary<EditTicket, Action<SimulatedEdit>> _onEnd = [];
    private readonly RunningBatch _batch;
    private readonly EngineSpeed _speed;
    private TimeSpan _busy;

    public SimulatedServer(EngineSpeed speed, BatchLimits? limits = null, QueueLimits? queue = null)
    {
        _speed = speed;
        limits ??= new BatchLimits();
        Pipeline.OnPrepareTogether = requests => Spend(EngineSpeed.Seconds(speed.Prepare * requests.Count));
        Pipeline.OnStep = states => Spend(speed.Step(states));
        Pipeline.OnFinish = _ => Spend(EngineSpeed.Seconds(speed.Finish));
        Queue = new EditQueue(queue ?? new QueueLimits(), limits, Clock);
        Queue.Counters.OnEnd(Note);
        WarmUp.Run(Pipeline, Pipeline.Description, Queue.Experience.Costs, Clock);
        Queue.Open(Pipeline.Measure);
        _batch = new RunningBatch(Pipeline, Queue, limits, Clock, NullLogger.Instance);
        _busy = TimeSpan.Zero;
    }

    public SimulatedClock Clock { get; } = new();

    public FakeEditPipeline Pipeline { get; } =
        new()
        {
            Description = new ModelDescription
            {
                Name = "simulated",
                IsUntrainedReference = true,
                Family = GuidanceFamily.InstructDiffusion,
                DefaultResolution = 512,
            },
        };

    public EditQueue Queue { get; }

    /// <summary>Every edit that was asked for.</summary>
    public List<SimulatedEdit> Edits { get; } = [];

    /// <summary>Edits in the engine.</summary>
    public int Running => _batch.Count;

    /// <summary>Share of the time in which the engine worked.</summary>
    public double Utilization => _busy / Clock.Now;

    /// <summary>A request.</summary>
    /// <param name="steps">Denoising steps.</param>
    /// <param name="side">Side of the square canvas.</param>
    public static EditRequest Request(int steps, int side = 512) =>
        new()
        {
            Image = new RgbImage(1, 1, new byte[RgbImage.Channels]),
            Instruction = "simulated",
            Steps = steps,
            WorkingSize = WorkingSize.Of(new ImageSize(side, side)),
        };

    /// <summary>Time that a request takes by itself.</summary>
    public double Alone(EditRequest request) => _speed.Alone(Pipeline.Measure(request, default));

    /// <summary>Somebody asks for an edit now.</summary>
    /// <param name="request">What.</param>
    /// <param name="options">How.</param>
    /// <param name="onEnd">Told when it has ended; not when it is refused.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public SimulatedEdit Ask(
        EditRequest request,
        EditTicketOptions? options = null,
        Action<SimulatedEdit>? onEnd = null,
        CancellationToken cancellationToken = default
    )
    {
        var edit = new SimulatedEdit(new EditTicket(request, options, cancellationToken), Clock.Now);
        Edits.Add(edit);
        try
        {
            Queue.Enqueue(edit.Ticket);
            _open.Add(edit.Ticket, edit);
            if (onEnd is not null)
            {
                _onEnd.Add(edit.Ticket, onEnd);
            }
        }
        catch (Exception refusal)
            when (refusal
                    is QueueFullException
                        or DeadlineExceededException
                        or TooLargeForMemoryException
                        or QuarantinedException
            )
        {
            edit.Refusal = refusal;
        }
        return edit;
    }

    /// <summary>Asks at a later moment.</summary>
    public void AskAt(TimeSpan moment, EditRequest request, EditTicketOptions? options = null) =>
        Clock.Plan(moment, () => Ask(request, options));

    /// <summary>Runs until nothing is left to do or to come.</summary>
    public void Run() => RunWhile(() => true);

    /// <summary>Runs until a moment.</summary>
    public void RunUntil(TimeSpan moment)
    {
        RunWhile(() => Clock.Now < moment);
        Clock.AdvanceTo(moment);
    }

    private void RunWhile(Func<bool> goOn)
    {
        while (goOn())
        {
            if (_batch.Round())
            {
                continue;
            }
            if (Clock.Next is not { } next)
            {
                return;
            }
            Clock.AdvanceTo(next);
        }
    }

    private void Spend(TimeSpan time)
    {
        _busy += time;
        Clock.Advance(time);
    }

    private void Note(EditTicket ticket, EditOutcome outcome)
    {
        if (!_open.Remove(ticket, out SimulatedEdit? edit))
        {
            return;
        }
        (edit.Outcome, edit.EndedAt) = (outcome, Clock.Now);
        if (_onEnd.Remove(ticket, out Action<SimulatedEdit>? tell))
        {
            // Not within the engine's own work.
            Clock.Plan(Clock.Now, () => tell(edit));
        }
    }
}
