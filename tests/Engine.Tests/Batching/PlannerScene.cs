using InstructDiffusion.Engine.Batching;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Batching;

/// <summary>
/// A planner's world without an engine: what is planned is carried out on the fake pipeline, at the cost that the estimate
/// says, on a clock of its own.
/// </summary>
internal sealed class PlannerScene
{
    private readonly FakeEditPipeline _pipeline = new();
    private readonly List<EditTicket> _waiting = [];
    private readonly List<RunningEdit> _running = [];

    /// <summary>A second a megapixel-row and nothing else, unless set.</summary>
    public CostEstimate Costs { get; set; } =
        new()
        {
            StepLine = new Line(0, 1.0 / (1024 * 1024)),
            PrepareLine = new Line(0, 0),
            FinishLine = new Line(0, 0),
            LargestStep = 1L << 40,
        };

    public BatchLimits Limits { get; set; } = new();

    public TenantLedger Ledger { get; } = new();

    public TimeSpan Now { get; set; }

    public IReadOnlyList<EditTicket> Waiting => _waiting;

    public IReadOnlyList<RunningEdit> Running => _running;

    /// <summary>Rows of the edits that come from now on.</summary>
    public int Rows { get; set; } = 3;

    /// <summary>An edit that waits.</summary>
    public EditTicket Wait(string name, EditTicketOptions? options = null, int steps = 3, int side = 64) =>
        Wait(Edits.Ticket(name, options ?? new EditTicketOptions(), steps, side));

    public EditTicket Wait(EditTicket ticket)
    {
        _pipeline.RowsOf = _ => Rows;
        ticket.EnqueuedAt = Now;
        ticket.Shape = _pipeline.Measure(ticket.Request, default);
        _waiting.Add(ticket);
        return ticket;
    }

    /// <summary>An edit that runs.</summary>
    public RunningEdit Run(string name, EditTicketOptions? options = null, int steps = 3, int side = 64) =>
        Start(Wait(name, options, steps, side));

    /// <summary>Begins an edit that waits.</summary>
    public RunningEdit Start(EditTicket ticket)
    {
        _waiting.Remove(ticket);
        var edit = new RunningEdit(ticket, _pipeline.Prepare([ticket.Request])[0], Now)
        {
            Served = _running.Count == 0 ? 0 : _running.Min(other => other.Served),
        };
        _running.Add(edit);
        return edit;
    }

    public BatchState State()
    {
        Ledger.Meet(
            _running
                .Select(edit => edit.Ticket)
                .Concat(_waiting)
                .DistinctBy(ticket => ticket.Options.Tenant)
                .ToDictionary(ticket => ticket.Options.Tenant, ticket => Costs.Work(ticket.Shape))
        );
        return new BatchState
        {
            Now = Now,
            Waiting = [.. _waiting],
            Running = [.. _running],
            Ledger = Ledger,
            Limits = Limits,
            Costs = Costs,
        };
    }

    public BatchPlan Plan() => BatchPlanner.Plan(State());

    /// <summary>Plans, and carries it out.</summary>
    public BatchPlan Round()
    {
        BatchPlan plan = Plan();
        foreach ((EditTicket ticket, _) in plan.DropWaiting)
        {
            _waiting.Remove(ticket);
        }
        foreach ((RunningEdit edit, _) in plan.DropRunning)
        {
            _running.Remove(edit);
        }
        if (plan.Finish is { } finished)
        {
            Spend(finished.Ticket, Costs.Finish(finished.Shape));
            _running.Remove(finished);
        }
        foreach (EditTicket ticket in plan.Prepare)
        {
            Spend(ticket, Costs.Prepare(ticket.Shape));
            Start(ticket);
        }
        Step(plan.Step);
        return plan;
    }

    private void Step(IReadOnlyList<RunningEdit> edits)
    {
        if (edits.Count == 0)
        {
            return;
        }
        double seconds = Costs.Step(edits.Sum(edit => edit.Shape.StepPixels));
        int rows = edits.Sum(edit => edit.Shape.Rows);
        _pipeline.Step([.. edits.Select(edit => edit.State)]);
        foreach (RunningEdit edit in edits)
        {
            Ledger.Charge(edit.Ticket.Options.Tenant, seconds * edit.Shape.Rows / rows);
            edit.Served += Costs.Step(edit.Shape.StepPixels);
        }
        Now += TimeSpan.FromSeconds(seconds);
    }

    private void Spend(EditTicket ticket, double seconds)
    {
        Ledger.Charge(ticket.Options.Tenant, seconds);
        Now += TimeSpan.FromSeconds(seconds);
    }
}
