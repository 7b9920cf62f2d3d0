using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Engine.Tests.Batching;

public sealed class EditQueueTests
{
    [Fact]
    public void Enqueue_BeforeTheEngineIsReady_IsRefused()
    {
        var queue = new EditQueue(1, 100, TimeProvider.System);

        Assert.Throws<EngineUnavailableException>(() => queue.Enqueue(Edits.Ticket("a")));
        Assert.Throws<EngineUnavailableException>(queue.ThrowIfRefused);
    }

    [Fact]
    public void Enqueue_OverCapacity_IsRefusedAndKeepsTheOthers()
    {
        EditQueue queue = Edits.OpenQueue(capacity: 2);
        EditTicket[] accepted = [Edits.Ticket("a"), Edits.Ticket("b")];
        Array.ForEach(accepted, queue.Enqueue);

        Assert.Throws<QueueFullException>(() => queue.Enqueue(Edits.Ticket("c")));
        Assert.Throws<QueueFullException>(queue.ThrowIfRefused);
        Assert.Equal(accepted, queue.Snapshot());
    }

    [Fact]
    public void Enqueue_OverThePixelsHeld_IsRefusedUnlessAlone()
    {
        // Every source picture has 4 pixels.
        EditQueue queue = Edits.OpenQueue(maxPixels: 7);
        EditQueue tiny = Edits.OpenQueue(maxPixels: 1);
        queue.Enqueue(Edits.Ticket("a"));
        tiny.Enqueue(Edits.Ticket("alone"));

        Assert.Throws<QueueFullException>(() => queue.Enqueue(Edits.Ticket("b")));
        Assert.Equal(1, tiny.Count);
    }

    [Fact]
    public void Enqueue_FullOfCancelledEdits_TakesTheirPlace()
    {
        using var cancel = new CancellationTokenSource();
        EditQueue queue = Edits.OpenQueue(capacity: 1);
        EditTicket gone = Edits.CancellableTicket("gone", 3, cancel.Token);
        queue.Enqueue(gone);
        cancel.Cancel();
        EditTicket newcomer = Edits.Ticket("newcomer");

        queue.Enqueue(newcomer);

        Assert.Equal([newcomer], queue.Snapshot());
        Assert.True(gone.Completion.IsCanceled);
    }

    [Fact]
    public void Shut_WithEditsWaiting_RefusesNewOnesAndKeepsThose()
    {
        EditQueue queue = Edits.OpenQueue();
        queue.Enqueue(Edits.Ticket("a"));

        queue.Shut("closed for a test");

        var refusal = Assert.Throws<EngineUnavailableException>(() => queue.Enqueue(Edits.Ticket("b")));
        Assert.Equal("closed for a test", refusal.Message);
        Assert.Equal(1, queue.Count);
    }
}
