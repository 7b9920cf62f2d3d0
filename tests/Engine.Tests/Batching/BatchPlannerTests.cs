using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Batching;

public sealed class BatchPlannerTests
{
    private static readonly Dictionary<ImageSize, long> NothingSpent = [];
    private readonly FakeEditPipeline _pipeline = new();

    [Fact]
    public void Plan_NothingThere_IsEmpty()
    {
        BatchPlan plan = BatchPlanner.Plan([], [], NothingSpent, new BatchLimits());

        Assert.True(plan.IsEmpty);
    }

    [Fact]
    public void Plan_SeveralWaiting_AdmitsTheOldestAlone()
    {
        EditTicket[] waiting = [Edits.Ticket("a"), Edits.Ticket("b")];

        BatchPlan plan = BatchPlanner.Plan(waiting, [], NothingSpent, new BatchLimits());

        Assert.Same(waiting[0], plan.Admit);
        Assert.Empty(plan.Step);
    }

    [Fact]
    public void Plan_AsManyRunningAsAllowed_AdmitsNone()
    {
        RunningEdit[] running = [Running("a"), Running("b")];

        BatchPlan plan = BatchPlanner.Plan(
            [Edits.Ticket("c")],
            running,
            NothingSpent,
            new BatchLimits { MaxRunningEdits = 2 }
        );

        Assert.Null(plan.Admit);
        Assert.Equal(running, plan.Step);
    }

    [Fact]
    public void Plan_CancelledEdits_AreDroppedAndMakeRoom()
    {
        var cancelled = new CancellationToken(canceled: true);
        EditTicket gone = Edits.CancellableTicket("gone", 3, cancelled);
        EditTicket next = Edits.Ticket("next");
        RunningEdit leaving = Running(Edits.CancellableTicket("leaving", 3, cancelled));
        RunningEdit staying = Running("staying");

        BatchPlan plan = BatchPlanner.Plan(
            [gone, next],
            [leaving, staying],
            NothingSpent,
            new BatchLimits { MaxRunningEdits = 2 }
        );

        Assert.Equal([gone], plan.DropWaiting);
        Assert.Equal([leaving], plan.DropRunning);
        Assert.Same(next, plan.Admit);
        Assert.Equal([staying], plan.Step);
    }

    [Fact]
    public void Plan_MoreRowsThanFit_TakesThoseThatWaitedLongest()
    {
        RunningEdit[] running = [Running("a", lastRound: 7), Running("b", lastRound: 5), Running("c", lastRound: 6)];

        BatchPlan plan = BatchPlanner.Plan([], running, NothingSpent, new BatchLimits { MaxRowsPerStep = 6 });

        Assert.Equal([running[1], running[2]], plan.Step);
    }

    [Fact]
    public void Plan_MorePixelsThanFit_TakesFewerEdits()
    {
        RunningEdit[] running = [Running("a"), Running("b"), Running("c")];

        BatchPlan plan = BatchPlanner.Plan(
            [],
            running,
            NothingSpent,
            new BatchLimits { MaxPixelsPerStep = 2 * 3 * 64 * 64 }
        );

        Assert.Equal([running[0], running[1]], plan.Step);
    }

    [Fact]
    public void Plan_EditLargerThanAnyLimit_RunsByItself()
    {
        RunningEdit[] running = [Running("large"), Running("other")];

        BatchPlan plan = BatchPlanner.Plan(
            [],
            running,
            NothingSpent,
            new BatchLimits { MaxRowsPerStep = 1, MaxPixelsPerStep = 1 }
        );

        Assert.Equal([running[0]], plan.Step);
    }

    [Fact]
    public void Plan_TwoSizes_ShareByCost()
    {
        RunningEdit[] running = [Running("small", side: 64), Running("large", side: 128)];
        var cost = new Dictionary<string, long> { ["small"] = 0, ["large"] = 0 };
        IReadOnlyDictionary<ImageSize, long> spent = NothingSpent;

        for (int round = 0; round < 100; round++)
        {
            BatchPlan plan = BatchPlanner.Plan([], running, spent, new BatchLimits());
            spent = plan.Spent;
            cost[Assert.Single(plan.Step).Ticket.Request.Instruction] += plan.Step[0].Cost;
        }

        // The large size costs four times as much a step, so it gets a fifth of the steps and half of the work.
        Assert.InRange(cost["small"] - cost["large"], -running[1].Cost, running[1].Cost);
    }

    [Fact]
    public void Plan_SizeThatComesLate_HasNoCreditForThePast()
    {
        RunningEdit old = Running("old", side: 64);
        IReadOnlyDictionary<ImageSize, long> spent = new Dictionary<ImageSize, long>
        {
            [old.State.WorkingSize] = 1_000_000_000,
        };
        RunningEdit[] running = [old, Running("new", side: 128)];
        int oldSteps = 0;

        for (int round = 0; round < 10; round++)
        {
            BatchPlan plan = BatchPlanner.Plan([], running, spent, new BatchLimits());
            spent = plan.Spent;
            oldSteps += plan.Step[0] == old ? 1 : 0;
        }

        Assert.Equal(8, oldSteps);
    }

    [Fact]
    public void Plan_ManyOfOneSizeAndOneOfAnother_TheOddOneIsServedEveryOtherTurn()
    {
        RunningEdit odd = Running("odd", side: 128);
        RunningEdit[] running = [.. Enumerable.Range(0, 4).Select(i => Running($"{i}", side: 128 + 64)), odd];
        IReadOnlyDictionary<ImageSize, long> spent = NothingSpent;
        int longestWait = 0;
        int wait = 0;

        for (int round = 0; round < 100; round++)
        {
            BatchPlan plan = BatchPlanner.Plan([], running, spent, new BatchLimits { MaxRunningEdits = 5 });
            spent = plan.Spent;
            wait = plan.Step.Contains(odd) ? 0 : wait + 1;
            longestWait = Math.Max(longestWait, wait);
        }

        Assert.Equal(1, longestWait);
    }

    private RunningEdit Running(string name, int side = 64, long lastRound = 0)
    {
        RunningEdit edit = Running(Edits.Ticket(name, side: side));
        edit.LastRound = lastRound;
        return edit;
    }

    private RunningEdit Running(EditTicket ticket) => new(ticket, _pipeline.Prepare(ticket.Request), startedAt: 0);
}
