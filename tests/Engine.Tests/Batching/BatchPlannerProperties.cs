using FsCheck.Xunit;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Tests.Batching;

/// <summary>What holds for every plan, whatever comes in whatever order.</summary>
public sealed class BatchPlannerProperties
{
    private static readonly BatchLimits Limits = new()
    {
        MaxRunningEdits = 3,
        MaxHeldEdits = 7,
        MaxRowsPerStep = 5,
        MaxPixelsPerStep = 6 * 128 * 128,
        MaxPixelsPerPreparation = 3 * 128 * 128,
        Ageing = TimeSpan.FromSeconds(1),
    };

    /// <summary>An edit that comes, and how many rounds pass before the next.</summary>
    public sealed record Arrival(
        byte Tenant,
        byte Priority,
        byte Size,
        byte Rows,
        byte Steps,
        byte Limit,
        byte CancelledAfter,
        byte Rounds
    );

    [Property(MaxTest = 300)]
    public void Plan_RandomArrivals_KeepsItsRules(Arrival[] arrivals)
    {
        var scene = new PlannerScene { Limits = Limits };
        var cancels = new List<(CancellationTokenSource Source, int Round)>();
        int round = 0;

        foreach (Arrival arrival in arrivals)
        {
            var source = new CancellationTokenSource();
            cancels.Add((source, arrival.CancelledAfter < 200 ? int.MaxValue : round + arrival.CancelledAfter % 20));
            scene.Rows = 1 + arrival.Rows % 3;
            scene.Wait(
                new EditTicket(
                    Edits.Request($"{round}", 1 + arrival.Steps % 8, 64 * (1 + arrival.Size % 3)) with
                    {
                        Determinism = arrival.Size >= 192 ? Determinism.BatchInvariant : Determinism.Fast,
                    },
                    OptionsOf(arrival),
                    source.Token
                )
            );
            for (int i = 0; i < arrival.Rounds % 4; i++)
            {
                NextRound();
            }
        }
        for (int i = 0; i < 10_000 && scene.Waiting.Count + scene.Running.Count > 0; i++)
        {
            NextRound();
        }

        Assert.Empty(scene.Waiting);
        Assert.Empty(scene.Running);

        void NextRound()
        {
            round++;
            cancels.Where(cancel => cancel.Round == round).ToList().ForEach(cancel => cancel.Source.Cancel());
            BatchState state = scene.State();
            BatchPlan plan = BatchPlanner.Plan(state);
            AssertSame(plan, BatchPlanner.Plan(state));
            AssertLimits(plan, state);
            AssertNobodyTwice(plan);
            AssertAloneWhereAsked(plan);
            AssertWorkIsDone(plan, state);
            scene.Round();
        }
    }

    [Property(MaxTest = 100)]
    public void Plan_TenantsWithABacklogEach_GetEqualTime(byte[] shapes)
    {
        var scene = new PlannerScene { Limits = new BatchLimits() };
        for (int i = 0; i < Math.Min(shapes.Length, 12); i++)
        {
            scene.Rows = 1 + shapes[i] % 3;
            scene.Run($"{i}", Of($"{i % 3}"), steps: 500, side: 64 * (1 + shapes[i] % 4));
        }
        string[] tenants = [.. scene.Running.Select(edit => edit.Ticket.Options.Tenant).Distinct()];
        double largestStep = scene.Costs.Step(12 * 256 * 256);

        for (int i = 0; i < 200 && scene.Running.Count > 0 && scene.Running.All(edit => !edit.IsDenoised); i++)
        {
            scene.Round();
            double[] used = [.. tenants.Select(scene.Ledger.Of)];
            // Ranks count as equal within the cost of a step, and one more step is being taken.
            Assert.True(tenants.Length == 0 || used.Max() - used.Min() <= 2 * largestStep);
        }
    }

    [Property(MaxTest = 100)]
    public void Plan_EditsOfOneTenant_AreSlowedDownAlike(byte[] shapes)
    {
        var scene = new PlannerScene { Limits = new BatchLimits { MaxRowsPerStep = 6 } };
        for (int i = 0; i < Math.Min(shapes.Length, 8); i++)
        {
            scene.Rows = 1 + shapes[i] % 3;
            scene.Run($"{i}", steps: 500, side: 64 * (1 + shapes[i] % 4));
        }

        for (int i = 0; i < 200 && scene.Running.Count > 0 && scene.Running.All(edit => !edit.IsDenoised); i++)
        {
            scene.Round();
        }

        // The least served edit of all leads; those of its size may run ahead with it, but nobody falls behind by more than the
        // dearest step.
        double dearest = scene.Costs.Step(3 * 256 * 256);
        foreach (var size in scene.Running.GroupBy(edit => edit.Shape.WorkingSize))
        {
            double leastOfAll = scene.Running.Min(edit => edit.Served);
            Assert.True(size.Min(edit => edit.Served) <= leastOfAll + 2 * dearest);
        }
    }

    private static EditTicketOptions OptionsOf(Arrival arrival) =>
        new()
        {
            Tenant = $"{arrival.Tenant % 3}",
            Priority = (EditPriority)(arrival.Priority % 3),
            TimeLimit = arrival.Limit < 128 ? null : TimeSpan.FromSeconds((arrival.Limit - 127) / 16.0),
            OnDeadline = arrival.Limit % 2 == 0 ? DeadlineAction.Fail : DeadlineAction.Partial,
        };

    private static EditTicketOptions Of(string tenant) => new() { Tenant = tenant };

    private static void AssertSame(BatchPlan a, BatchPlan b)
    {
        Assert.Equal(a.DropWaiting, b.DropWaiting);
        Assert.Equal(a.DropRunning, b.DropRunning);
        Assert.Equal(a.Cut, b.Cut);
        Assert.Same(a.Finish, b.Finish);
        Assert.Equal(a.Prepare, b.Prepare);
        Assert.Equal(a.Step, b.Step);
    }

    private static void AssertLimits(BatchPlan plan, BatchState state)
    {
        Assert.True(plan.Step.Select(edit => edit.Shape.WorkingSize).Distinct().Count() <= 1);
        Assert.All(plan.Step, edit => Assert.False(edit.State.IsDenoised));
        if (plan.Step.Count > 1)
        {
            Assert.True(plan.Step.Sum(edit => edit.Shape.Rows) <= Limits.MaxRowsPerStep);
            Assert.True(plan.Step.Sum(edit => edit.Shape.StepPixels) <= Limits.MaxPixelsPerStep);
        }
        if (plan.Prepare.Count > 1)
        {
            long pixels = plan.Prepare.Sum(ticket => ticket.Shape.WorkingSize.PixelCount);
            Assert.True(pixels <= Limits.MaxPixelsPerPreparation);
        }
        int held = state.Running.Count - plan.DropRunning.Count + plan.Prepare.Count;
        Assert.True(plan.Prepare.Count == 0 || held <= Limits.MaxHeldEdits);
        // One piece of work beside the steps.
        Assert.True(plan.Finish is null || plan.Prepare.Count == 0);
    }

    private static void AssertNobodyTwice(BatchPlan plan)
    {
        EditTicket[] waiting = [.. plan.DropWaiting.Select(drop => drop.Ticket), .. plan.Prepare];
        RunningEdit[] leaving = [.. plan.DropRunning.Select(drop => drop.Edit)];
        Assert.Equal(waiting.Length, waiting.Distinct().Count());
        Assert.Equal(plan.Step.Count, plan.Step.Distinct().Count());
        Assert.Empty(plan.Step.Intersect(leaving));
        Assert.True(plan.Finish is null || !leaving.Contains(plan.Finish));
        Assert.True(plan.Finish is null || !plan.Step.Contains(plan.Finish));
    }

    private static void AssertAloneWhereAsked(BatchPlan plan)
    {
        Assert.True(plan.Step.Count == 1 || !plan.Step.Any(edit => IsAlone(edit.Ticket)));
        Assert.True(plan.Prepare.Count == 1 || !plan.Prepare.Any(IsAlone));

        static bool IsAlone(EditTicket ticket) => ticket.Request.Determinism == Determinism.BatchInvariant;
    }

    private static void AssertWorkIsDone(BatchPlan plan, BatchState state)
    {
        RunningEdit[] alive = [.. state.Running.Except(plan.DropRunning.Select(drop => drop.Edit))];
        if (alive.Any(edit => !edit.IsDenoised && !plan.Cut.Contains(edit)))
        {
            Assert.NotEmpty(plan.Step);
        }
        if (alive.Any(edit => edit.IsDenoised || plan.Cut.Contains(edit)))
        {
            Assert.NotNull(plan.Finish);
        }
        if (alive.Length == 0 && state.Waiting.Count > plan.DropWaiting.Count)
        {
            Assert.NotEmpty(plan.Prepare);
        }
    }
}
