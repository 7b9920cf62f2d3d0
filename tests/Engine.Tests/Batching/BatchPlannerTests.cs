using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Engine.Tests.Batching;

public sealed class BatchPlannerTests
{
    private readonly PlannerScene _scene = new();

    [Fact]
    public void Plan_NothingThere_IsEmpty() => Assert.True(_scene.Plan().IsEmpty);

    [Fact]
    public void Plan_SeveralWaiting_PreparesThemTogether()
    {
        EditTicket[] waiting = [_scene.Wait("a"), _scene.Wait("b"), _scene.Wait("c", side: 128)];

        BatchPlan plan = _scene.Plan();

        Assert.Equal(waiting, plan.Prepare);
        Assert.Empty(plan.Step);
    }

    [Fact]
    public void Plan_MoreWaitingThanOnePreparationHolds_TakesTheOldest()
    {
        _scene.Limits = new BatchLimits { MaxPixelsPerPreparation = 2 * 64 * 64 };
        EditTicket[] waiting = [_scene.Wait("a"), _scene.Wait("b"), _scene.Wait("c")];

        Assert.Equal(waiting[..2], _scene.Plan().Prepare);
    }

    [Fact]
    public void Plan_CanvasLargerThanAPreparation_IsPreparedByItself()
    {
        _scene.Limits = new BatchLimits { MaxPixelsPerPreparation = 1 };
        EditTicket[] waiting = [_scene.Wait("a"), _scene.Wait("b")];

        Assert.Equal(waiting[..1], _scene.Plan().Prepare);
    }

    [Fact]
    public void Plan_AsManyRunningAsAllowed_AdmitsNoneOfTheirSize()
    {
        _scene.Limits = new BatchLimits { MaxRunningEdits = 2 };
        RunningEdit[] running = [_scene.Run("a"), _scene.Run("b")];
        _scene.Wait("c");

        BatchPlan plan = _scene.Plan();

        Assert.Empty(plan.Prepare);
        Assert.Equal(running, plan.Step);
    }

    [Fact]
    public void Plan_OddSizeAtTheHead_StandsInNobodysWay()
    {
        _scene.Limits = new BatchLimits { MaxRunningEdits = 1, MaxPixelsPerPreparation = 1 };
        _scene.Run("odd", side: 128);
        _scene.Wait("odd too", side: 128);
        EditTicket usual = _scene.Wait("usual");

        Assert.Equal([usual], _scene.Plan().Prepare);
    }

    [Fact]
    public void Plan_AsManyHeldAsAllowed_AdmitsNoneOfAnySize()
    {
        _scene.Limits = new BatchLimits { MaxRunningEdits = 1, MaxHeldEdits = 2 };
        _scene.Run("a");
        _scene.Run("b", side: 128);
        _scene.Wait("c", side: 192);

        Assert.Empty(_scene.Plan().Prepare);
    }

    [Fact]
    public void Plan_EditDone_IsDecodedAndNothingIsPreparedInThatRound()
    {
        RunningEdit done = _scene.Run("done", steps: 1);
        RunningEdit other = _scene.Run("other", steps: 5);
        _scene.Round();
        _scene.Wait("newcomer");

        BatchPlan plan = _scene.Plan();

        Assert.Same(done, plan.Finish);
        Assert.Empty(plan.Prepare);
        Assert.Equal([other], plan.Step);
    }

    [Fact]
    public void Plan_SeveralEditsDone_DecodesOneARound()
    {
        _scene.Run("a", steps: 1);
        _scene.Run("b", steps: 1);
        _scene.Run("long", steps: 9);
        _scene.Round();

        Assert.Single(_scene.Round().Step);
        Assert.Single(_scene.Round().Step);
        Assert.Null(_scene.Round().Finish);
    }

    [Fact]
    public void Plan_CancelledEdits_AreDroppedAndMakeRoom()
    {
        _scene.Limits = new BatchLimits { MaxRunningEdits = 2 };
        using var cancel = new CancellationTokenSource();
        RunningEdit leaving = _scene.Start(_scene.Wait(Edits.CancellableTicket("leaving", 3, cancel.Token)));
        RunningEdit staying = _scene.Run("staying");
        EditTicket gone = _scene.Wait(Edits.CancellableTicket("gone", 3, cancel.Token));
        EditTicket next = _scene.Wait("next");
        cancel.Cancel();

        BatchPlan plan = _scene.Plan();

        Assert.Equal([(gone, EditFate.Over)], plan.DropWaiting);
        Assert.Equal([(leaving, EditFate.Over)], plan.DropRunning);
        Assert.Equal([next], plan.Prepare);
        Assert.Equal([staying], plan.Step);
    }

    [Fact]
    public void Plan_MoreRowsThanFit_TakesThoseThatHadLeast()
    {
        _scene.Limits = new BatchLimits { MaxRowsPerStep = 6 };
        RunningEdit[] running = [_scene.Run("a"), _scene.Run("b"), _scene.Run("c")];
        (running[0].Served, running[1].Served, running[2].Served) = (7, 5, 6);

        Assert.Equal([running[1], running[2]], _scene.Plan().Step);
    }

    [Fact]
    public void Plan_RowsOfOneTwoAndThree_ShareAStep()
    {
        _scene.Limits = new BatchLimits { MaxRowsPerStep = 6 };
        List<RunningEdit> running = [];
        for (int rows = 1; rows <= 3; rows++)
        {
            _scene.Rows = rows;
            running.Add(_scene.Run($"{rows}"));
        }

        Assert.Equal(running, _scene.Plan().Step);
    }

    [Fact]
    public void Plan_MorePixelsThanFit_TakesFewerEdits()
    {
        _scene.Limits = new BatchLimits { MaxPixelsPerStep = 2 * 3 * 64 * 64 };
        RunningEdit[] running = [_scene.Run("a"), _scene.Run("b"), _scene.Run("c")];

        Assert.Equal(running[..2], _scene.Plan().Step);
    }

    [Fact]
    public void Plan_EditLargerThanAnyLimit_RunsByItself()
    {
        _scene.Limits = new BatchLimits { MaxRowsPerStep = 1, MaxPixelsPerStep = 1 };
        RunningEdit[] running = [_scene.Run("large"), _scene.Run("other")];

        Assert.Equal(running[..1], _scene.Plan().Step);
    }

    [Fact]
    public void Plan_TwoSizes_AreSlowedDownAlike()
    {
        // Four times the cost a step, and a quarter of the steps: each is half as fast as by itself.
        RunningEdit small = _scene.Run("small", steps: 500, side: 64);
        RunningEdit large = _scene.Run("large", steps: 500, side: 128);

        Rounds(100);

        Assert.InRange(small.Served - large.Served, -StepCost(large), StepCost(large));
        Assert.Equal(80, small.State.StepIndex);
    }

    [Fact]
    public void Plan_SizeThatComesLate_HasNoCreditForThePast()
    {
        RunningEdit old = _scene.Run("old", steps: 500);
        Rounds(50);
        RunningEdit late = _scene.Run("late", steps: 500, side: 128);

        Rounds(10);

        Assert.Equal(50 + 8, old.State.StepIndex);
        Assert.Equal(2, late.State.StepIndex);
    }

    [Fact]
    public void Plan_OneOddSizeBesideMany_TakesNoMoreThanItsShare()
    {
        // A batch that costs as much as its rows: the odd one is one of five, and so gets a fifth of the time.
        _scene.Limits = new BatchLimits { MaxRunningEdits = 5 };
        RunningEdit[] main = [.. Enumerable.Range(0, 4).Select(i => _scene.Run($"{i}", steps: 500))];
        RunningEdit odd = _scene.Run("odd", steps: 500, side: 128);

        Rounds(100);

        double odds = odd.State.StepIndex * StepCost(odd);
        Assert.InRange(odds / _scene.Now.TotalSeconds, 0.19, 0.24);
        Assert.All(main, edit => Assert.InRange(edit.State.StepIndex, 79, 81));
    }

    private double StepCost(RunningEdit edit) => _scene.Costs.Step(edit.Shape.StepPixels);

    private void Rounds(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.NotEmpty(_scene.Round().Step);
        }
    }
}
