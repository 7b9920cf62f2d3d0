using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Engine.Tests.Batching;

public sealed class EditQueueTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Enqueue_BeforeTheEngineIsReady_IsRefused()
    {
        var queue = new EditQueue(new QueueLimits(), new BatchLimits(), _time);

        Assert.Throws<EngineUnavailableException>(() => queue.Enqueue(Edits.Ticket("a")));
        Assert.Throws<EngineUnavailableException>(() => queue.ThrowIfRefused());
    }

    [Fact]
    public void Enqueue_OverCapacity_IsRefusedAndKeepsTheOthers()
    {
        EditQueue queue = Open(new QueueLimits { Capacity = 2 });
        EditTicket[] accepted = [Edits.Ticket("a"), Edits.Ticket("b")];
        Array.ForEach(accepted, queue.Enqueue);

        var refusal = Assert.Throws<QueueFullException>(() => queue.Enqueue(Edits.Ticket("c")));
        Assert.Throws<QueueFullException>(() => queue.ThrowIfRefused());
        Assert.Equal(accepted, queue.Snapshot());
        Assert.InRange(refusal.RetryAfter.TotalSeconds, 1, 120);
        Assert.Equal(0, refusal.RetryAfter.TotalSeconds % 1);
    }

    [Fact]
    public void Enqueue_OverThePixelsHeld_IsRefusedUnlessAlone()
    {
        // Every source picture has 4 pixels.
        EditQueue queue = Open(new QueueLimits { MaxPixels = 7 });
        EditQueue tiny = Open(new QueueLimits { MaxPixels = 1 });
        queue.Enqueue(Edits.Ticket("a"));
        tiny.Enqueue(Edits.Ticket("alone"));

        Assert.Throws<QueueFullException>(() => queue.Enqueue(Edits.Ticket("b")));
        Assert.Equal(1, tiny.Count);
    }

    [Fact]
    public void Enqueue_OverTheWorkThatMayWait_IsRefusedUnlessAlone()
    {
        EditQueue queue = Open(new QueueLimits { MaxWork = TimeSpan.FromSeconds(1) });
        queue.Experience.Costs.Stepped([new EditShape(new(64, 64), 3, 1)], TimeSpan.FromSeconds(1));
        queue.Enqueue(Edits.Ticket("longer than that by itself", steps: 2));

        var refusal = Assert.Throws<QueueFullException>(() => queue.Enqueue(Edits.Ticket("b")));

        Assert.Contains("1 s of work", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Enqueue_FullOfCancelledEdits_TakesTheirPlace()
    {
        using var cancel = new CancellationTokenSource();
        EditQueue queue = Open(new QueueLimits { Capacity = 1 });
        EditTicket gone = Edits.CancellableTicket("gone", 3, cancel.Token);
        queue.Enqueue(gone);
        cancel.Cancel();
        EditTicket newcomer = Edits.Ticket("newcomer");

        queue.Enqueue(newcomer);

        Assert.Equal([newcomer], queue.Snapshot());
        Assert.True(gone.Completion.IsCanceled);
    }

    [Fact]
    public void Enqueue_ModelCannotDoIt_IsRefusedBeforeItWaits()
    {
        EditQueue queue = Open();

        Assert.Throws<InvalidEditException>(() => queue.Enqueue(new EditTicket(Edits.Request("a") with { Steps = 0 })));
        Assert.Equal(0, queue.Count);
    }

    [Fact]
    public void Enqueue_TooLargeForTheConfiguredMemory_IsRefused()
    {
        EditQueue queue = Open(new QueueLimits { MaxPixelsPerEdit = 3 * 64 * 64 });
        queue.Enqueue(Edits.Ticket("fits"));

        Assert.Throws<TooLargeForMemoryException>(() => queue.Enqueue(Edits.Ticket("does not", side: 128)));
        Assert.Equal(1, queue.Counters.Read().Refused[RefusalReason.Memory]);
    }

    [Fact]
    public void Enqueue_NotEnoughTime_IsRefusedAtOnceWithThePrediction()
    {
        EditQueue queue = Open();
        queue.Experience.Costs.Stepped([new EditShape(new(64, 64), 3, 1)], TimeSpan.FromSeconds(1));

        var refusal = Assert.Throws<DeadlineExceededException>(() => queue.Enqueue(Within(seconds: 9, steps: 10)));
        queue.Enqueue(Within(seconds: 12, steps: 10));

        Assert.False(refusal.HasStarted);
        Assert.Contains("10.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, queue.Counters.Read().Refused[RefusalReason.Deadline]);
    }

    [Fact]
    public void Enqueue_NotEnoughTimeBehindTheOthers_IsRefused()
    {
        EditQueue queue = Open();
        queue.Experience.Costs.Stepped([new EditShape(new(64, 64), 3, 1)], TimeSpan.FromSeconds(1));
        queue.Enqueue(Edits.Ticket("before", steps: 10));

        Assert.Throws<DeadlineExceededException>(() => queue.Enqueue(Within(seconds: 12, steps: 10)));
    }

    [Fact]
    public void Enqueue_DeadlineWouldMakeAnAcceptedOneLate_IsRefused()
    {
        EditQueue queue = Open();
        queue.Experience.Costs.Stepped([new EditShape(new(64, 64), 3, 1)], TimeSpan.FromSeconds(1));
        queue.Enqueue(Within(seconds: 25, steps: 20));

        Assert.Throws<DeadlineExceededException>(() => queue.Enqueue(Within(seconds: 23, steps: 10)));
    }

    [Fact]
    public void Enqueue_OneAfterTheOtherInTime_IsAccepted()
    {
        EditQueue queue = Open();
        queue.Experience.Costs.Stepped([new EditShape(new(64, 64), 3, 1)], TimeSpan.FromSeconds(1));
        queue.Enqueue(Within(seconds: 12, steps: 10));

        queue.Enqueue(Within(seconds: 30, steps: 10));

        Assert.Equal(2, queue.Count);
    }

    [Fact]
    public void Enqueue_PredictionIsOld_IsTriedAfterAll()
    {
        EditQueue queue = Open();
        queue.Experience.Costs.Stepped([new EditShape(new(64, 64), 3, 1)], TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromMinutes(2));

        queue.Enqueue(Within(seconds: 9, steps: 10));

        Assert.Equal(1, queue.Count);
    }

    [Fact]
    public void Enqueue_TenantThatFloods_LeavesRoomForOthers()
    {
        EditQueue queue = Open(new QueueLimits { Capacity = 32 });
        queue.Enqueue(Edits.Ticket("seen before", new EditTicketOptions { Tenant = "other" }));

        int flooded = 0;
        while (TryEnqueue(queue, "flood"))
        {
            flooded++;
        }

        Assert.InRange(flooded, 20, 25);
        Assert.All(Enumerable.Range(0, 4), _ => Assert.True(TryEnqueue(queue, "other")));
    }

    [Fact]
    public void Enqueue_ServerWithoutKeys_MayUseTheWholeQueue()
    {
        EditQueue queue = Open(new QueueLimits { Capacity = 32 });

        Assert.All(Enumerable.Range(0, 32), _ => Assert.True(TryEnqueue(queue, "")));
    }

    [Fact]
    public void Enqueue_PlaceWasPromised_IsHeldForWhoCameBackAsTold()
    {
        EditQueue queue = OpenWithAPromiseTo("b", out TimeSpan retryAfter);

        Assert.False(TryEnqueue(queue, "c"));
        _time.Advance(retryAfter);
        Assert.False(TryEnqueue(queue, "c"));
        queue.ThrowIfRefused("b");
        Assert.True(TryEnqueue(queue, "b"));
    }

    [Fact]
    public void Enqueue_PromisedPlaceNotTaken_IsFreeAgain()
    {
        EditQueue queue = OpenWithAPromiseTo("b", out TimeSpan retryAfter);

        _time.Advance(retryAfter + TimeSpan.FromSeconds(5));

        Assert.True(TryEnqueue(queue, "c"));
    }

    [Fact]
    public void Enqueue_EngineIdleAgain_NoPlaceIsHeldBack()
    {
        EditQueue queue = OpenWithAPromiseTo("b", out _);

        queue.Publish(EngineLoad.None);

        Assert.True(TryEnqueue(queue, "c"));
    }

    [Fact]
    public void Estimate_AnEdit_ChangesNothing()
    {
        EditQueue queue = Open(new QueueLimits { Capacity = 1 });
        queue.Experience.Costs.Stepped([new EditShape(new(64, 64), 3, 1)], TimeSpan.FromSeconds(1));
        queue.Enqueue(Edits.Ticket("waits", steps: 10));
        EngineCounts before = queue.Counters.Read();

        EditEstimate estimate = queue.Estimate(Edits.Request("asked", steps: 5), new(640, 480), new());

        Assert.IsType<QueueFullException>(estimate.Refusal);
        Assert.Equal(new EditShape(new(64, 64), 3, 5), estimate.Shape);
        Assert.InRange(estimate.Work.TotalSeconds, 5, 5.1);
        Assert.InRange(estimate.Total.TotalSeconds, 10, 15.2);
        Assert.Equal((before.Accepted, queue.Count), (queue.Counters.Read().Accepted, 1));
        Assert.Equal(before.Refused[RefusalReason.QueueFull], queue.Counters.Read().Refused[RefusalReason.QueueFull]);
    }

    [Fact]
    public void Look_OfATenant_ShowsSumsOfAllAndItsOwnEditsOnly()
    {
        EditQueue queue = Open();
        queue.Experience.Costs.Stepped([new EditShape(new(64, 64), 3, 1)], TimeSpan.FromSeconds(1));
        queue.Enqueue(Edits.Ticket("mine", new EditTicketOptions { Tenant = "me", Priority = EditPriority.Batch }));
        queue.Enqueue(Edits.Ticket("yours", new EditTicketOptions { Tenant = "you" }));

        QueueView view = queue.Look("me");

        Assert.Equal(1, view.Waiting[EditPriority.Batch].Edits);
        Assert.Equal(1, view.Waiting[EditPriority.Standard].Edits);
        Assert.True(view.Waiting[EditPriority.Standard].Work > TimeSpan.Zero);
        Assert.Equal("mine", Assert.Single(view.Own).Ticket.Request.Instruction);
    }

    [Fact]
    public void Shut_WithEditsWaiting_RefusesNewOnesAndKeepsThose()
    {
        EditQueue queue = Open();
        queue.Enqueue(Edits.Ticket("a"));

        queue.Shut("closed for a test");

        var refusal = Assert.Throws<EngineUnavailableException>(() => queue.Enqueue(Edits.Ticket("b")));
        Assert.Equal("closed for a test", refusal.Message);
        Assert.Equal(1, queue.Count);
    }

    private EditQueue Open(QueueLimits? limits = null) => Edits.OpenQueue(limits, time: _time);

    // A queue of one place, which is free, and an engine that is busy for longer than the promised time.
    private EditQueue OpenWithAPromiseTo(string tenant, out TimeSpan retryAfter)
    {
        EditQueue queue = Edits.OpenQueue(
            new QueueLimits { Capacity = 1 },
            time: _time,
            batch: new BatchLimits { MaxRunningEdits = 1 }
        );
        queue.Experience.Costs.Stepped([new EditShape(new(64, 64), 3, 1)], TimeSpan.FromSeconds(1));
        EditTicket running = Edits.Ticket("running", new EditTicketOptions { Tenant = "a" }, steps: 10);
        EditTicket next = Edits.Ticket("next", new EditTicketOptions { Tenant = "a" }, steps: 100);
        queue.Enqueue(running);
        Assert.True(queue.Take(running));
        Hold(queue, running);
        queue.Enqueue(next);
        retryAfter = Assert.Throws<QueueFullException>(() => queue.ThrowIfRefused(tenant)).RetryAfter;
        Assert.True(queue.Take(next));
        Hold(queue, next);
        return queue;
    }

    private static void Hold(EditQueue queue, EditTicket ticket) =>
        queue.Publish(
            new EngineLoad([new RunningLoad(ticket, ticket.Shape.Steps)], new Dictionary<string, double> { ["a"] = 0 })
        );

    private static EditTicket Within(double seconds, int steps) =>
        Edits.Ticket("timed", new EditTicketOptions { TimeLimit = TimeSpan.FromSeconds(seconds) }, steps);

    private static bool TryEnqueue(EditQueue queue, string tenant)
    {
        try
        {
            queue.Enqueue(Edits.Ticket("a", new EditTicketOptions { Tenant = tenant }));
            return true;
        }
        catch (QueueFullException)
        {
            return false;
        }
    }
}
