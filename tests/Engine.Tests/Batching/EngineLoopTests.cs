using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;

namespace InstructDiffusion.Engine.Tests.Batching;

public sealed class EngineLoopTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly FakeEditPipeline _pipeline = new();
    private readonly EditQueue _queue = new(new QueueLimits { Capacity = 8 }, new BatchLimits(), TimeProvider.System);
    private readonly List<EngineLoop> _loops = [];

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (EngineLoop loop in _loops)
        {
            await loop.StopAsync(new CancellationToken(canceled: true));
            loop.Dispose();
        }
    }

    [Fact]
    public async Task Start_ModelLoads_ServesOnOneThreadOfItsOwn()
    {
        EngineLoop loop = await StartReady(_pipeline.Load);
        EditTicket[] tickets = [.. Enumerable.Range(0, 5).Select(i => Edits.Ticket($"{i}"))];
        Array.ForEach(tickets, _queue.Enqueue);

        EditResult[] results = await Task.WhenAll(tickets.Select(ticket => ticket.Completion))
            .WaitAsync(Patience, TestEnd);

        Assert.Equal(5, results.Length);
        Assert.Empty(_pipeline.Breaches);
        Assert.Equal("fake", loop.Status.Model?.Name);
    }

    [Fact]
    public async Task Start_ModelStillLoading_RefusesAndSaysSo()
    {
        using var gate = new SemaphoreSlim(0);
        EngineLoop loop = Start(cancel =>
        {
            gate.Wait(cancel);
            return _pipeline.Load(cancel);
        });

        Assert.Equal(EnginePhase.Loading, loop.Status.Phase);
        Assert.Throws<EngineUnavailableException>(() => _queue.Enqueue(Edits.Ticket("early")));

        gate.Release();
        await Until(() => loop.Status.Phase == EnginePhase.Ready);
    }

    [Fact]
    public async Task Start_LoadFails_IsFailedWithTheReason()
    {
        EngineLoop loop = Start(_ => throw new FileNotFoundException("unet is missing"));

        await Until(() => loop.Status.Phase == EnginePhase.Failed);

        Assert.Contains("unet is missing", loop.Status.Reason, StringComparison.Ordinal);
        var refusal = Assert.Throws<EngineUnavailableException>(() => _queue.Enqueue(Edits.Ticket("a")));
        Assert.IsType<FileNotFoundException>(refusal.InnerException);
    }

    [Fact]
    public async Task Start_WarmUpFails_IsFailedAndFreesTheModel()
    {
        bool freed = false;
        _pipeline.OnFinish = _ => throw new NonFiniteImageException("decode");
        EngineLoop loop = Start(_ => new LoadedModel(
            _pipeline,
            _pipeline.Description,
            new OnDispose(() => freed = true)
        ));

        await Until(() => loop.Status.Phase == EnginePhase.Failed);

        Assert.Contains("not finite", loop.Status.Reason, StringComparison.Ordinal);
        Assert.True(freed);
        Assert.Equal(_pipeline.Prepared, _pipeline.Disposed);
    }

    [Fact]
    public async Task StopAsync_WhileLoading_EndsAtOnce()
    {
        EngineLoop loop = Start(cancel =>
        {
            cancel.WaitHandle.WaitOne(Patience);
            cancel.ThrowIfCancellationRequested();
            return _pipeline.Load(cancel);
        });

        await loop.StopAsync(CancellationToken.None).WaitAsync(Patience, TestEnd);

        Assert.Equal(EnginePhase.Stopped, loop.Status.Phase);
    }

    [Fact]
    public async Task StopAsync_WithEditsRunningAndWaiting_FinishesThemAndRefusesNewOnes()
    {
        bool freed = false;
        EngineLoop loop = await StartReady(_ => new LoadedModel(
            _pipeline,
            _pipeline.Description,
            new OnDispose(() => freed = true)
        ));
        _pipeline.Permits = new SemaphoreSlim(0);
        EditTicket[] tickets = [.. Enumerable.Range(0, 6).Select(i => Edits.Ticket($"{i}"))];
        Array.ForEach(tickets, _queue.Enqueue);

        Task stopped = loop.StopAsync(CancellationToken.None);
        Assert.Throws<EngineUnavailableException>(() => _queue.Enqueue(Edits.Ticket("late")));
        _pipeline.Permits.Release(1000);
        await stopped.WaitAsync(Patience, TestEnd);

        Assert.All(tickets, ticket => Assert.True(ticket.Completion.IsCompletedSuccessfully));
        Assert.Equal(_pipeline.Prepared, _pipeline.Disposed);
        Assert.True(freed);
        Assert.Equal(EnginePhase.Stopped, loop.Status.Phase);
    }

    [Fact]
    public async Task StopAsync_OutOfTime_FailsWhatIsLeftWithAClearError()
    {
        EngineLoop loop = await StartReady(_pipeline.Load);
        _pipeline.Permits = new SemaphoreSlim(0);
        EditTicket[] tickets = [.. Enumerable.Range(0, 6).Select(i => Edits.Ticket($"{i}"))];
        Array.ForEach(tickets, _queue.Enqueue);
        await Until(() => _queue.Count < 6);

        Task stopped = loop.StopAsync(new CancellationToken(canceled: true));
        _pipeline.Permits.Release();
        await stopped.WaitAsync(Patience, TestEnd);

        Assert.All(
            tickets,
            ticket => Assert.IsType<EngineUnavailableException>(ticket.Completion.Exception?.InnerException)
        );
        Assert.Equal(_pipeline.Prepared, _pipeline.Disposed);
        Assert.Empty(_pipeline.Breaches);
    }

    [Fact]
    public async Task Abort_StepUnderWay_AnswersEveryoneWithoutWaitingForIt()
    {
        EngineLoop loop = await StartReady(_pipeline.Load);
        _pipeline.Permits = new SemaphoreSlim(0);
        EditTicket[] tickets = [.. Enumerable.Range(0, 6).Select(i => Edits.Ticket($"{i}"))];
        Array.ForEach(tickets, _queue.Enqueue);
        await Until(() => _queue.Count < 6);

        loop.Abort();

        Assert.All(
            tickets,
            ticket => Assert.IsType<EngineUnavailableException>(ticket.Completion.Exception?.InnerException)
        );
        Assert.Throws<EngineUnavailableException>(() => _queue.Enqueue(Edits.Ticket("late")));
        _pipeline.Permits.Release();
        await loop.StopAsync(CancellationToken.None).WaitAsync(Patience, TestEnd);
        Assert.Equal(_pipeline.Prepared, _pipeline.Disposed);
        EngineCounts counts = loop.Counters.Read();
        Assert.Equal((6, 6), (counts.Accepted, counts.Failed));
    }

    [Fact]
    public async Task Loop_BreaksDown_FailsEveryTicketAndSaysSo()
    {
        EngineLoop loop = await StartReady(_pipeline.Load);
        _pipeline.Permits = new SemaphoreSlim(0);
        _pipeline.OnDispose = _ => throw new ArithmeticException("cannot free");
        EditTicket[] tickets = [.. Enumerable.Range(0, 6).Select(i => Edits.Ticket($"{i}", steps: 1))];
        Array.ForEach(tickets, _queue.Enqueue);
        _pipeline.Permits.Release(1000);

        await Until(() => loop.Status.Phase == EnginePhase.Failed);
        await Until(() => tickets.All(ticket => ticket.Completion.IsCompleted));

        Assert.All(
            tickets,
            ticket => Assert.IsType<EngineUnavailableException>(ticket.Completion.Exception?.InnerException)
        );
        Assert.Contains("cannot free", loop.Status.Reason, StringComparison.Ordinal);
        Assert.Throws<EngineUnavailableException>(() => _queue.Enqueue(Edits.Ticket("late")));
    }

    [Fact]
    public async Task Cancel_WhileRunning_LeavesWithinOneStep()
    {
        await StartReady(_pipeline.Load);
        _pipeline.Permits = new SemaphoreSlim(0);
        using var cancel = new CancellationTokenSource();
        EditTicket ticket = Edits.CancellableTicket("a", 100, cancel.Token);
        _queue.Enqueue(ticket);
        _pipeline.Permits.Release(2);
        await Until(() => _pipeline.Steps.Count(names => names.Contains("a")) == 2);

        await cancel.CancelAsync();
        _pipeline.Permits.Release(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ticket.Completion.WaitAsync(Patience, TestEnd));

        // The third step had begun when the edit was cancelled.
        Assert.InRange(_pipeline.Steps.Count(names => names.Contains("a")), 2, 3);
        Assert.Equal(_pipeline.Prepared, _pipeline.Disposed);
    }

    [Fact]
    public async Task Status_StepThatHangs_ShowsAnOldHeartbeat()
    {
        EngineLoop loop = await StartReady(_pipeline.Load);
        _pipeline.Permits = new SemaphoreSlim(0);
        _queue.Enqueue(Edits.Ticket("a"));

        await Until(() => loop.Status.SinceHeartbeat > TimeSpan.FromSeconds(1.5));

        _pipeline.Permits.Release(10);
        await Until(() => loop.Status.SinceHeartbeat < TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Stall_StepHangs_AnswersEveryoneAndServesAgainWhenItIsBack()
    {
        EngineLoop loop = await StartReady(_pipeline.Load, TimeSpan.FromSeconds(0.5));
        _pipeline.Permits = new SemaphoreSlim(0);
        EditTicket[] tickets = [.. Enumerable.Range(0, 6).Select(i => Edits.Ticket($"{i}"))];
        Array.ForEach(tickets, _queue.Enqueue);

        await Until(() => tickets.All(ticket => ticket.Completion.IsCompleted));

        Assert.All(
            tickets,
            ticket => Assert.IsType<EngineStalledException>(ticket.Completion.Exception?.InnerException)
        );
        Assert.True(loop.Status.IsStalled);
        Assert.Throws<EngineStalledException>(() => _queue.Enqueue(Edits.Ticket("late")));
        Assert.Throws<EngineStalledException>(() => _queue.ThrowIfRefused());

        _pipeline.Permits.Release(100);
        await Until(() => !loop.Status.IsStalled && _pipeline.Disposed == _pipeline.Prepared);
        EditTicket next = Edits.Ticket("next");
        await Until(() => TryEnqueue(next));
        await next.Completion.WaitAsync(Patience, TestEnd);

        EngineCounts counts = loop.Counters.Read();
        Assert.Equal((7, 1, 6), (counts.Accepted, counts.Succeeded, counts.Failed));
        Assert.Equal(1, counts.Stalls);
        Assert.Empty(_pipeline.Breaches);
    }

    [Fact]
    public async Task Stall_WhileStopping_StaysShutAfterwards()
    {
        EngineLoop loop = await StartReady(_pipeline.Load, TimeSpan.FromSeconds(0.5));
        _pipeline.Permits = new SemaphoreSlim(0);
        _queue.Enqueue(Edits.Ticket("a"));
        await Until(() => loop.Status.IsStalled);

        Task stopped = loop.StopAsync(CancellationToken.None);
        _pipeline.Permits.Release(100);
        await stopped.WaitAsync(Patience, TestEnd);

        Assert.Equal(EnginePhase.Stopped, loop.Status.Phase);
        Assert.Throws<EngineUnavailableException>(() => _queue.Enqueue(Edits.Ticket("late")));
    }

    private bool TryEnqueue(EditTicket ticket)
    {
        try
        {
            _queue.Enqueue(ticket);
            return true;
        }
        catch (EngineStalledException)
        {
            return false;
        }
    }

    private EngineLoop Start(LoadModel load, TimeSpan? stallAfter = null)
    {
        var loop = new EngineLoop(load, _queue, new BatchLimits(), TimeProvider.System, NullLogger<EngineLoop>.Instance)
        {
            StallAfter = stallAfter ?? TimeSpan.FromMinutes(5),
        };
        _loops.Add(loop);
        loop.Start();
        return loop;
    }

    private async Task<EngineLoop> StartReady(LoadModel load, TimeSpan? stallAfter = null)
    {
        EngineLoop loop = Start(load, stallAfter);
        await Until(() => loop.Status.Phase == EnginePhase.Ready);
        return loop;
    }

    private static async Task Until(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestEnd);
        patience.CancelAfter(Patience);
        while (!condition())
        {
            await Task.Delay(5, patience.Token);
        }
    }

    private sealed class OnDispose(Action action) : IDisposable
    {
        public void Dispose() => action();
    }
}
