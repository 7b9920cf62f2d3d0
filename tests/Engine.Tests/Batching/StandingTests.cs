using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Engine.Tests.Batching;

/// <summary>Classes, tenants and deadlines as the planner keeps them.</summary>
public sealed class StandingTests
{
    private static readonly EditTicketOptions Interactive = new() { Priority = EditPriority.Interactive };
    private static readonly EditTicketOptions Background = new() { Priority = EditPriority.Batch };

    private readonly PlannerScene _scene = new() { Limits = new BatchLimits { MaxPixelsPerPreparation = 1 } };

    [Fact]
    public void Plan_ThreeClassesWaiting_PreparesTheHighestFirst()
    {
        EditTicket batch = _scene.Wait("batch", Background);
        EditTicket standard = _scene.Wait("standard");
        EditTicket interactive = _scene.Wait("interactive", Interactive);

        Assert.Equal([interactive, standard, batch], Enumerable.Range(0, 3).Select(_ => _scene.Round().Prepare[0]));
    }

    [Fact]
    public void Plan_WaitedLongEnough_GoesBeforeNewcomersOfAHigherClass()
    {
        EditTicket old = _scene.Wait("old", Background);
        _scene.Now += 2 * _scene.Limits.Ageing;
        _scene.Wait("new", Interactive);

        Assert.Equal([old], _scene.Plan().Prepare);
    }

    [Fact]
    public void Plan_PlacesTakenByALowerClass_DoNotHoldUpAHigherOne()
    {
        _scene.Limits = new BatchLimits { MaxRunningEdits = 2 };
        _scene.Run("a", Background);
        _scene.Run("b", Background);
        EditTicket interactive = _scene.Wait("interactive", Interactive);
        EditTicket background = _scene.Wait("background", Background);

        IReadOnlyList<EditTicket> prepared = _scene.Plan().Prepare;

        Assert.Contains(interactive, prepared);
        Assert.DoesNotContain(background, prepared);
    }

    [Fact]
    public void Plan_HigherClassRunning_StepsWithoutTheLowerUnlessItIsNearlyFree()
    {
        RunningEdit background = _scene.Run("background", Background);
        RunningEdit interactive = _scene.Run("interactive", Interactive);

        Assert.Equal([interactive], _scene.Plan().Step);

        // As on a GPU: a step costs the same whatever is in it.
        _scene.Costs = _scene.Costs with
        {
            StepLine = new Line(1, 0),
        };
        Assert.Equal([interactive, background], _scene.Plan().Step);
    }

    [Fact]
    public void Plan_TwoTenants_GetHalfOfTheTimeEach()
    {
        RunningEdit[] many = [.. Enumerable.Range(0, 4).Select(i => _scene.Run($"{i}", Of("many"), steps: 500))];
        RunningEdit one = _scene.Run("one", Of("one"), steps: 500);

        Rounds(200);

        double ones = one.State.StepIndex * _scene.Costs.Step(one.Shape.StepPixels);
        Assert.InRange(ones / _scene.Now.TotalSeconds, 0.45, 0.55);
        Assert.All(
            many,
            edit => Assert.InRange(edit.State.StepIndex, many[0].State.StepIndex - 1, many[0].State.StepIndex + 1)
        );
    }

    [Fact]
    public void Plan_TwoTenantsWhereRowsAreFree_AlwaysStepTogether()
    {
        _scene.Costs = _scene.Costs with { StepLine = new Line(1, 0) };
        for (int i = 0; i < 3; i++)
        {
            _scene.Run($"{i}", Of("many"), steps: 50);
        }
        _scene.Run("one", Of("one"), steps: 50);

        for (int round = 0; round < 30; round++)
        {
            Assert.Equal(4, _scene.Round().Step.Count);
        }
    }

    [Fact]
    public void Plan_TenantThatFlooded_LetsANewcomerGoFirst()
    {
        _scene.Limits = new BatchLimits { MaxRunningEdits = 2 };
        _scene.Run("a", Of("flood"), steps: 500);
        _scene.Run("b", Of("flood"), steps: 500);
        _scene.Wait("c", Of("flood"));
        Rounds(10);

        EditTicket other = _scene.Wait("other", Of("other"), steps: 20);

        Assert.Equal([other], _scene.Round().Prepare);
        Assert.All(Enumerable.Range(0, 5), _ => Assert.Same(other, Assert.Single(_scene.Round().Step).Ticket));
    }

    [Fact]
    public void Plan_TenantThatGoesAndComesBack_GainsNothing()
    {
        RunningEdit steady = _scene.Run("steady", Of("steady"), steps: 500);
        int returned = 0;
        for (int visit = 0; visit < 40; visit++)
        {
            RunningEdit brief = _scene.Run($"{visit}", Of("returning"), steps: 2);
            while (_scene.Running.Contains(brief))
            {
                _scene.Round();
            }
            returned += 2;
        }

        // Its lead counts once, whatever it does later.
        Assert.InRange(returned, 0, steady.State.StepIndex + 4);
    }

    [Fact]
    public void Plan_DeadlineNear_GoesBeforeEverything()
    {
        RunningEdit other = _scene.Run("other", Interactive, steps: 500);
        RunningEdit timed = _scene.Run("timed", Until(1.2 * WorkOf(10), Background), steps: 10);

        Assert.Equal([timed], _scene.Plan().Step);
        while (!timed.IsDenoised)
        {
            Assert.Empty(_scene.Round().DropRunning);
        }
        Assert.InRange(other.State.StepIndex, 0, 2);
    }

    [Fact]
    public void Plan_DeadlineFarAway_WaitsItsTurn()
    {
        RunningEdit other = _scene.Run("other", Interactive, steps: 500);
        _scene.Run("timed", Until(50 * WorkOf(10), Background), steps: 10);

        Assert.Equal([other], _scene.Plan().Step);
    }

    [Fact]
    public void Plan_SeveralDeadlines_AllAreMetWhenTogetherTheyCanBe()
    {
        RunningEdit other = _scene.Run("other", Interactive, steps: 500);
        RunningEdit[] timed =
        [
            .. Enumerable
                .Range(1, 4)
                .Select(i => _scene.Run($"{i}", Until(i * 1.3 * WorkOf(10), Background), steps: 10)),
        ];

        while (_scene.Running.Count > 1)
        {
            BatchPlan plan = _scene.Round();
            Assert.Empty(plan.DropRunning);
        }

        Assert.All(timed, edit => Assert.True(edit.State.IsDenoised));
        Assert.True(other.State.StepIndex < 500);
    }

    [Fact]
    public void Plan_NotEnoughTimeLeftToBegin_IsDroppedBeforeAnyWork()
    {
        EditTicket late = _scene.Wait("late", Until(0.4 * WorkOf(10), Interactive), steps: 10);
        EditTicket content = _scene.Wait(
            "content",
            Until(0.4 * WorkOf(10), Interactive) with
            {
                OnDeadline = DeadlineAction.Partial,
            },
            steps: 10
        );

        BatchPlan plan = _scene.Plan();

        Assert.Equal([(late, EditFate.Expired)], plan.DropWaiting);
        Assert.Equal([content], plan.Prepare);
    }

    [Fact]
    public void Plan_DeadlinePassedWhileRunning_IsDroppedOrCut()
    {
        RunningEdit late = _scene.Run("late", Until(1, Interactive), steps: 500);
        RunningEdit content = _scene.Run(
            "content",
            Until(1, Interactive) with
            {
                OnDeadline = DeadlineAction.Partial,
            },
            steps: 500
        );
        _scene.Round();
        _scene.Round();
        _scene.Now += TimeSpan.FromSeconds(1);

        BatchPlan plan = _scene.Plan();

        Assert.Equal([(late, EditFate.Expired)], plan.DropRunning);
        Assert.Equal([content], plan.Cut);
        Assert.Same(content, plan.Finish);
        Assert.Empty(plan.Step);
    }

    private static EditTicketOptions Of(string tenant) => new() { Tenant = tenant };

    private static EditTicketOptions Until(double seconds, EditTicketOptions options) =>
        options with
        {
            TimeLimit = TimeSpan.FromSeconds(seconds),
        };

    private double WorkOf(int steps) => steps * _scene.Costs.Step(3 * 64 * 64);

    private void Rounds(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _scene.Round();
        }
    }
}
