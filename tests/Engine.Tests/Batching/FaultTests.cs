using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Engine.Tests.Batching;

/// <summary>Memory that does not suffice, and requests that break the engine.</summary>
public sealed class FaultTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeEditPipeline _pipeline = new();
    private readonly EditQueue _queue;
    private readonly RunningBatch _batch;

    public FaultTests()
    {
        var limits = new BatchLimits { MaxRunningEdits = 8, MaxRowsPerStep = 24 };
        _queue = Edits.OpenQueue(new QueueLimits { Capacity = 64 }, _pipeline, _time, limits);
        _batch = new RunningBatch(_pipeline, _queue, limits, _time, NullLogger.Instance);
    }

    [Fact]
    public void Step_OutOfMemory_IsTakenInHalvesAndTheBoundIsRemembered()
    {
        int rowsThatFit = 9;
        _pipeline.OnStep = states => FailIf(states.Sum(state => state.Rows) > rowsThatFit);
        EditTicket[] tickets = [.. Enumerable.Range(0, 8).Select(i => Add($"{i}", steps: 5))];

        RunToEnd();

        Assert.All(tickets, ticket => Assert.True(ticket.Completion.IsCompletedSuccessfully));
        Assert.All(_pipeline.Steps, names => Assert.InRange(names.Length, 1, 3));
        // 24 rows, then twelve, which still is too much; from then on six at most are tried.
        Assert.InRange(_queue.Counters.Read().OutOfMemory, 1, 3);
        Assert.Equal(8 * 5, _queue.Counters.Read().UsefulSteps);
        AssertClean();
    }

    [Fact]
    public void Step_OutOfMemoryBoundIsOld_MoreIsTriedAgain()
    {
        bool isFull = true;
        _pipeline.OnStep = states => FailIf(isFull && states.Count > 1);
        Add("a", steps: 3);
        Add("b", steps: 3);
        RunToEnd();
        isFull = false;

        _time.Advance(MemoryBounds.Remembered + TimeSpan.FromMinutes(1));
        Add("c", steps: 3);
        Add("d", steps: 3);
        RunToEnd();

        Assert.Contains(_pipeline.Steps, names => names.Order(StringComparer.Ordinal).SequenceEqual(["c", "d"]));
        AssertClean();
    }

    [Fact]
    public void Step_EditThatDoesNotFitAlone_IsToldSoAndTheLikeIsRefusedBeforeAnyWork()
    {
        _pipeline.OnStep = states => FailIf(states.Any(state => state.WorkingSize.Width > 128));
        EditTicket large = Add("large", side: 192);
        EditTicket[] others = [Add("a"), Add("b")];

        RunToEnd();

        Assert.IsType<TooLargeForMemoryException>(large.Completion.Exception?.InnerException);
        Assert.All(others, ticket => Assert.True(ticket.Completion.IsCompletedSuccessfully));
        int prepared = _pipeline.Prepared;
        Assert.Throws<TooLargeForMemoryException>(() => Add("as large", side: 192));
        Assert.Equal(prepared, _pipeline.Prepared);
        Assert.Equal(1, _queue.Counters.Read().Refused[RefusalReason.Memory]);
        AssertClean();
    }

    [Theory]
    [InlineData(EngineStage.Prepare)]
    [InlineData(EngineStage.Finish)]
    public void Conversion_DoesNotFitAlone_IsToldSoAndTheLikeIsRefused(EngineStage stage)
    {
        if (stage == EngineStage.Prepare)
        {
            _pipeline.OnPrepare = request => FailIf(request.WorkingSize!.Exact!.Value.Width > 128);
        }
        else
        {
            _pipeline.OnFinish = state => FailIf(state.WorkingSize.Width > 128);
        }
        EditTicket large = Add("large", side: 192);
        EditTicket other = Add("other");

        RunToEnd();

        Assert.IsType<TooLargeForMemoryException>(large.Completion.Exception?.InnerException);
        Assert.True(other.Completion.IsCompletedSuccessfully);
        Assert.Throws<TooLargeForMemoryException>(() => Add("as large", side: 192));
        Add("smaller");
        RunToEnd();
        AssertClean();
    }

    [Fact]
    public void Prepare_OutOfMemoryTogether_IsDoneAloneAndThenInSmallerGroups()
    {
        _pipeline.OnPrepareTogether = requests => FailIf(requests.Count > 2);
        EditTicket[] first = [.. Enumerable.Range(0, 4).Select(i => Add($"{i}"))];
        RunToEnd();
        EditTicket[] then = [.. Enumerable.Range(4, 4).Select(i => Add($"{i}"))];
        RunToEnd();

        Assert.All(first.Concat(then), ticket => Assert.True(ticket.Completion.IsCompletedSuccessfully));
        Assert.Equal(1, _queue.Counters.Read().OutOfMemory);
        Assert.Contains(_pipeline.Preparations, names => names.Length == 2);
        AssertClean();
    }

    [Fact]
    public async Task Poison_BatchOfEight_HurtsOnlyItself()
    {
        EditTicket[] tickets = [.. Enumerable.Range(0, 8).Select(i => Add($"{i}", steps: 6))];
        PoisonAt("5", step: 3);

        RunToEnd();

        foreach (EditTicket ticket in tickets.Where(ticket => ticket.Request.Instruction is not "5"))
        {
            Assert.Equal(FakeEditPipeline.Edited(ticket.Request).Content, (await ticket.Completion).Image.Content);
        }
        var broken = Assert.IsType<BrokenEditException>(tickets[5].Completion.Exception?.InnerException);
        Assert.Equal(EngineStage.Step, broken.Stage);
        Assert.Equal(1, _queue.Counters.Read().Broken);
        Assert.Equal(3, tickets[5].StepsDone);
        AssertClean();
    }

    [Fact]
    public void Poison_SentAgainAndAgain_IsQuarantinedByItsContentForAWhile()
    {
        PoisonAt("poison", step: 0);
        Add("poison");
        RunToEnd();
        Add("poison");
        RunToEnd();
        int prepared = _pipeline.Prepared;

        Assert.Throws<QuarantinedException>(() => Add("poison"));
        Assert.Equal(prepared, _pipeline.Prepared);
        Assert.Equal(1, _queue.Counters.Read().Refused[RefusalReason.Quarantined]);
        // Another seed is another request, and may be sound.
        _queue.Enqueue(new EditTicket(Edits.Request("poison") with { Seed = 1 }));
        RunToEnd();

        _time.Advance(Quarantine.Remembered + TimeSpan.FromMinutes(1));
        _pipeline.OnStep = null;
        EditTicket mended = Add("poison");
        RunToEnd();
        Assert.True(mended.Completion.IsCompletedSuccessfully);
        AssertClean();
    }

    [Fact]
    public void Failure_OfTheRequestOrTheModel_IsNotQuarantined()
    {
        _pipeline.OnPrepare = _ => throw new InvalidEditException("size", "is too large");
        Add("a");
        RunToEnd();
        Add("a");
        RunToEnd();
        _pipeline.OnPrepare = null;
        _pipeline.OnFinish = _ => throw new NonFiniteImageException("decode");
        Add("a");
        RunToEnd();
        Add("a");
        RunToEnd();
        _pipeline.OnFinish = null;

        EditTicket sound = Add("a");
        RunToEnd();

        Assert.True(sound.Completion.IsCompletedSuccessfully);
        Assert.Equal(0, _queue.Counters.Read().Broken);
        AssertClean();
    }

    [Fact]
    public void Quarantine_ManyDifferentFailures_StaysBounded()
    {
        var quarantine = new Quarantine(_time);
        EditRequest repeated = Edits.Request("repeated");
        for (int i = 0; i < 3_000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            quarantine.Note(Edits.Request($"{i}"));
        }

        quarantine.Note(repeated);
        quarantine.Note(repeated);

        Assert.Throws<QuarantinedException>(() => quarantine.ThrowIfHeld(repeated));
        quarantine.ThrowIfHeld(Edits.Request("0"));
    }

    [Fact]
    public void Preview_Fails_TheEditGoesOnWithout()
    {
        _pipeline.OnPreview = _ => throw new ArithmeticException("no preview");
        int shown = 0;
        EditTicket ticket = new(
            Edits.Request("a", steps: 4),
            new EditTicketOptions { PreviewEvery = 1, OnPreview = (_, _) => shown++ }
        );
        _queue.Enqueue(ticket);

        RunToEnd();

        Assert.True(ticket.Completion.IsCompletedSuccessfully);
        Assert.Equal(0, shown);
        AssertClean();
    }

    [Fact]
    public void Preview_EverySecondStep_IsShownButNotForTheLastStep()
    {
        List<int> shown = [];
        _queue.Enqueue(
            new EditTicket(
                Edits.Request("a", steps: 6),
                new EditTicketOptions
                {
                    PreviewEvery = 2,
                    OnPreview = (progress, picture) =>
                    {
                        shown.Add(progress.Step);
                        Assert.Equal(FakeEditPipeline.Previewed(progress.Step, 6).Content, picture.Content);
                    },
                }
            )
        );
        Add("unwatched", steps: 6);

        RunToEnd();

        Assert.Equal([2, 4], shown);
        Assert.Equal(TimeSpan.Zero, _queue.Counters.Read().Time[EngineStage.Preview]);
        AssertClean();
    }

    private EditTicket Add(string name, int steps = 3, int side = 64)
    {
        EditTicket ticket = Edits.Ticket(name, steps, side);
        _queue.Enqueue(ticket);
        return ticket;
    }

    private void PoisonAt(string name, int step) =>
        _pipeline.OnStep = states =>
        {
            if (states.Any(state => state.Request.Instruction == name && state.StepIndex == step))
            {
                throw new ArithmeticException("poison");
            }
        };

    private static void FailIf(bool tooMuch)
    {
        if (tooMuch)
        {
            throw FakeEditPipeline.OutOfMemory();
        }
    }

    private void RunToEnd()
    {
        for (int round = 0; _batch.Round(); round++)
        {
            Assert.True(round < 1000, "the batch does not end");
        }
        Assert.Equal(0, _batch.Count);
    }

    private void AssertClean()
    {
        Assert.Empty(_pipeline.Breaches);
        Assert.Equal(_pipeline.Prepared, _pipeline.Disposed);
        EngineCounts counts = _queue.Counters.Read();
        Assert.Equal(counts.Accepted, counts.Succeeded + counts.Failed + counts.Cancelled + counts.Expired);
    }
}
