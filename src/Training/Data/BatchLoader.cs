using System.Collections.Concurrent;
using System.Diagnostics;

namespace InstructDiffusion.Training.Data;

/// <summary>
/// Makes batches on threads of its own, a bounded number of steps ahead of training, and hands them out in order. What a batch
/// holds does not depend on the threads.
/// </summary>
public sealed class BatchLoader : IDisposable
{
    private readonly IBatchSource _source;
    private readonly int _partsPerStep;
    private readonly long _endTicket;
    private readonly ConcurrentDictionary<long, TaskCompletionSource<TrainingBatch>> _made = new();
    private readonly SemaphoreSlim _room;
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread[] _threads;

    // A ticket is a part of a step's batch: step · parts + part.
    private long _lastTicket;

    /// <summary>Starts making batches.</summary>
    /// <param name="source">Makes one.</param>
    /// <param name="firstStep">Step training goes on at.</param>
    /// <param name="endStep">Step it ends before.</param>
    /// <param name="partsPerStep">Parts of each batch.</param>
    /// <param name="threads">Threads that make them.</param>
    /// <param name="stepsAhead">Steps made ahead at most.</param>
    public BatchLoader(IBatchSource source, long firstStep, long endStep, int partsPerStep, int threads, int stepsAhead)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfLessThan(partsPerStep, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsAhead, 1);
        _source = source;
        _partsPerStep = partsPerStep;
        _lastTicket = firstStep * partsPerStep - 1;
        _endTicket = endStep * partsPerStep;
        _room = new SemaphoreSlim(stepsAhead * partsPerStep);
        _threads = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            _threads[i] = new Thread(MakeBatches) { IsBackground = true, Name = $"loader {i}" };
            _threads[i].Start();
        }
    }

    /// <summary>Time that training has waited for batches.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>The batch of a step, in parts. Waits until it is made. Steps are taken in order, each once, by one thread.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while waiting.</exception>
    /// <exception cref="DatasetException">The data set failed.</exception>
    public IReadOnlyList<TrainingBatch> Take(long step, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        var parts = new TrainingBatch[_partsPerStep];
        for (int part = 0; part < parts.Length; part++)
        {
            long ticket = step * _partsPerStep + part;
            Task<TrainingBatch> made = Slot(ticket).Task;
            // Not Wait: that would wrap the loader's own exception in another.
            parts[part] = made.WaitAsync(cancellationToken).GetAwaiter().GetResult();
            _made.TryRemove(ticket, out _);
            _room.Release();
        }
        Waited += Stopwatch.GetElapsedTime(started);
        return parts;
    }

    /// <summary>Stops the threads and waits for them.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
        _stop.Dispose();
        _room.Dispose();
    }

    private void MakeBatches()
    {
        try
        {
            while (true)
            {
                _room.Wait(_stop.Token);
                long ticket = Interlocked.Increment(ref _lastTicket);
                if (ticket >= _endTicket)
                {
                    return;
                }
                MakeOne(ticket);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested) { }
    }

    private void MakeOne(long ticket)
    {
        TaskCompletionSource<TrainingBatch> slot = Slot(ticket);
        try
        {
            (long step, long part) = Math.DivRem(ticket, _partsPerStep);
            slot.SetResult(_source.Make(step, (int)part));
        }
#pragma warning disable CA1031 // Whatever it is, training must hear of it rather than wait for ever.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            slot.SetException(failure);
        }
    }

    private TaskCompletionSource<TrainingBatch> Slot(long ticket) =>
        _made.GetOrAdd(
            ticket,
            _ => new TaskCompletionSource<TrainingBatch>(TaskCreationOptions.RunContinuationsAsynchronously)
        );
}
