using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace InstructDiffusion.Engine.Tests.Batching;

public sealed class RunningBatchTests
{
    private readonly FakeEditPipeline _pipeline = new();
    private readonly EditQueue _queue = Edits.OpenQueue();

    [Fact]
    public void Round_EditsOfMixedStepCounts_JoinAndLeaveAtEveryStep()
    {
        RunningBatch batch = Batch();
        EditTicket a = Add("a", steps: 4);
        EditTicket b = Add("b", steps: 2);
        EditTicket c = Add("c", steps: 1);

        RunToEnd(batch);

        Assert.Equal(["a b c", "a b", "a", "a"], StepNames());
        Assert.All([a, b, c], ticket => Assert.True(ticket.Completion.IsCompletedSuccessfully));
        AssertClean();
    }

    [Fact]
    public async Task Round_Finished_GivesThePictureOfItsOwnRequest()
    {
        RunningBatch batch = Batch();
        Add("other");
        EditTicket ticket = Add(new EditTicket(Edits.Request("a") with { Seed = 7 }));

        RunToEnd(batch);

        EditResult result = await ticket.Completion;
        Assert.Equal(FakeEditPipeline.Edited(ticket.Request).Memory.ToArray(), result.Image.Memory.ToArray());
    }

    [Fact]
    public void Round_EachStep_ReportsProgressOnce()
    {
        RunningBatch batch = Batch();
        List<EditProgress> reports = [];
        Add(new EditTicket(Edits.Request("a", steps: 3), new() { OnProgress = reports.Add }));

        RunToEnd(batch);

        Assert.Equal([new(1, 3), new(2, 3), new(3, 3)], reports);
    }

    [Fact]
    public void Round_CancelledWhileRunning_LeavesAtTheNextStepAndTheOthersGoOn()
    {
        using var cancel = new CancellationTokenSource();
        RunningBatch batch = Batch();
        EditTicket leaving = Add(Edits.CancellableTicket("leaving", 10, cancel.Token));
        EditTicket staying = Add("staying", steps: 3);
        Rounds(batch, 3);
        cancel.Cancel();

        RunToEnd(batch);

        Assert.Equal(["leaving staying", "leaving staying", "staying"], StepNames());
        Assert.True(leaving.Completion.IsCanceled);
        Assert.True(staying.Completion.IsCompletedSuccessfully);
        AssertClean();
    }

    [Fact]
    public void Round_CancelledInItsLastStep_IsNotDecoded()
    {
        using var cancel = new CancellationTokenSource();
        RunningBatch batch = Batch();
        EditTicket ticket = Add(Edits.CancellableTicket("a", 1, cancel.Token));
        _pipeline.OnStep = _ => cancel.Cancel();
        _pipeline.OnFinish = _ => Assert.Fail("decoded a cancelled edit");

        RunToEnd(batch);

        Assert.True(ticket.Completion.IsCanceled);
        AssertClean();
    }

    [Fact]
    public void Round_CancelledWhileWaiting_IsNeverPrepared()
    {
        RunningBatch batch = Batch();
        EditTicket ticket = Add(Edits.CancellableTicket("a", 3, new CancellationToken(canceled: true)));

        RunToEnd(batch);

        Assert.True(ticket.Completion.IsCanceled);
        Assert.Equal(0, _pipeline.Prepared);
    }

    [Fact]
    public void Round_PoisonInAStep_FailsOnlyThatEditAndNoStepIsLostOrRepeated()
    {
        RunningBatch batch = Batch();
        EditTicket poison = Add("poison", steps: 5);
        EditTicket[] others = [Add("b", steps: 3), Add("c", steps: 4)];
        _pipeline.OnStep = states =>
        {
            if (states.Any(state => state is { Request.Instruction: "poison", StepIndex: 2 }))
            {
                throw new ArithmeticException("poison");
            }
        };

        RunToEnd(batch);

        var broken = Assert.IsType<BrokenEditException>(poison.Completion.Exception?.InnerException);
        Assert.IsType<ArithmeticException>(broken.InnerException);
        Assert.All(others, ticket => Assert.True(ticket.Completion.IsCompletedSuccessfully));
        Assert.Equal(3, StepNames().Count(step => step.Contains('b', StringComparison.Ordinal)));
        Assert.Equal(4, StepNames().Count(step => step.Contains('c', StringComparison.Ordinal)));
        AssertClean();
    }

    [Fact]
    public void Round_ErrorThatOnlyALargeBatchMeets_HurtsNobody()
    {
        RunningBatch batch = Batch();
        EditTicket[] tickets = [Add("a"), Add("b"), Add("c")];
        _pipeline.OnStep = states =>
        {
            if (states.Count > 1)
            {
                throw new ArithmeticException("too many rows");
            }
        };

        RunToEnd(batch);

        Assert.All(tickets, ticket => Assert.True(ticket.Completion.IsCompletedSuccessfully));
        AssertClean();
    }

    [Fact]
    public void Round_PrepareOrFinishFails_FailsThatEditOnly()
    {
        RunningBatch batch = Batch();
        EditTicket unprepared = Add("unprepared");
        EditTicket unfinished = Add("unfinished");
        EditTicket good = Add("good");
        _pipeline.OnPrepare = request =>
        {
            if (request.Instruction is "unprepared")
            {
                throw new InvalidEditException("size", "is too large");
            }
        };
        _pipeline.OnFinish = state =>
        {
            if (state.Request.Instruction is "unfinished")
            {
                throw new NonFiniteImageException("decode");
            }
        };

        RunToEnd(batch);

        Assert.IsType<InvalidEditException>(unprepared.Completion.Exception?.InnerException);
        Assert.IsType<NonFiniteImageException>(unfinished.Completion.Exception?.InnerException);
        Assert.True(good.Completion.IsCompletedSuccessfully);
        AssertClean();
    }

    [Fact]
    public void Round_ProgressCallbackThrows_FailsThatEditOnly()
    {
        RunningBatch batch = Batch();
        EditTicket bad = Add(
            new EditTicket(Edits.Request("bad"), new() { OnProgress = _ => throw new ArithmeticException("callback") })
        );
        EditTicket good = Add("good");

        RunToEnd(batch);

        Assert.IsType<ArithmeticException>(bad.Completion.Exception?.InnerException);
        Assert.True(good.Completion.IsCompletedSuccessfully);
        AssertClean();
    }

    [Fact]
    public void Round_PipelineThatDoesNotAdvance_FailsInsteadOfTurningForEver()
    {
        RunningBatch batch = new(
            new StuckPipeline(_pipeline),
            _queue,
            new BatchLimits(),
            TimeProvider.System,
            NullLogger.Instance
        );
        EditTicket ticket = Add("a");

        RunToEnd(batch);

        Assert.IsType<BrokenEditException>(ticket.Completion.Exception?.InnerException);
        AssertClean();
    }

    [Fact]
    public void Round_TwoSizes_NeverShareAStep()
    {
        RunningBatch batch = Batch();
        EditTicket[] tickets = [Add("a", side: 64), Add("B", side: 128), Add("c", side: 64), Add("D", side: 128)];

        RunToEnd(batch);

        Assert.DoesNotContain(StepNames(), step => step.Any(char.IsUpper) && step.Any(char.IsLower));
        Assert.All(tickets, ticket => Assert.True(ticket.Completion.IsCompletedSuccessfully));
        AssertClean();
    }

    private RunningBatch Batch() => new(_pipeline, _queue, new BatchLimits(), TimeProvider.System, NullLogger.Instance);

    private EditTicket Add(string name, int steps = 3, int side = 64) => Add(Edits.Ticket(name, steps, side));

    private EditTicket Add(EditTicket ticket)
    {
        _queue.Enqueue(ticket);
        return ticket;
    }

    private static void Rounds(RunningBatch batch, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.True(batch.Round());
        }
    }

    private static void RunToEnd(RunningBatch batch)
    {
        for (int round = 0; batch.Round(); round++)
        {
            Assert.True(round < 1000, "the batch does not end");
        }
        Assert.Equal(0, batch.Count);
    }

    private string[] StepNames() =>
        [.. _pipeline.Steps.Select(names => string.Join(' ', names.Order(StringComparer.Ordinal)))];

    private void AssertClean()
    {
        Assert.Empty(_pipeline.Breaches);
        Assert.Equal(_pipeline.Prepared, _pipeline.Disposed);
    }

    private sealed class StuckPipeline(FakeEditPipeline inner) : IEditPipeline
    {
        public EditShape Measure(EditRequest request, ImageSize source) => inner.Measure(request, source);

        public IReadOnlyList<EditState> Prepare(IReadOnlyList<EditRequest> requests) => inner.Prepare(requests);

        public RgbImage Preview(EditState state) => inner.Preview(state);

        public void Step(IReadOnlyList<EditState> batch) { }

        public EditResult Finish(EditState state) => inner.Finish(state);
    }
}
