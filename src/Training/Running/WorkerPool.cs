using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Running;

/// <summary>
/// Threads that train side by side. With more than one, each computes with a single libtorch thread: two workers of one thread
/// each train small models 1.5 times as fast as one worker of two, which meet at the end of every operation.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    private readonly Thread[] _threads;
    private readonly Barrier _barrier;
    private readonly Exception?[] _failures;
    private Action<int> _work = _ => { };
    private bool _stopping;

    /// <summary>Starts the threads; none for a single worker, whose work the caller's own thread does.</summary>
    public WorkerPool(int workers)
    {
        Count = workers;
        _failures = new Exception?[workers];
        _barrier = new Barrier(workers + 1);
        _threads = new Thread[workers > 1 ? workers : 0];
        int before = workers > 1 ? get_num_threads() : 0;
        for (int i = 0; i < _threads.Length; i++)
        {
            int worker = i;
            _threads[i] = new Thread(() => Serve(worker)) { IsBackground = true, Name = $"worker {worker}" };
            _threads[i].Start();
        }
        if (_threads.Length > 0)
        {
            // The number is the calling thread's, but also that of every thread which first computes later.
            _barrier.SignalAndWait();
            set_num_threads(before);
        }
    }

    public int Count { get; }

    /// <summary>Runs the work once a worker, given its number, and waits for all. The first failure is thrown on.</summary>
    public void Run(Action<int> work)
    {
        if (_threads.Length == 0)
        {
            work(0);
            return;
        }
        _work = work;
        _barrier.SignalAndWait();
        _barrier.SignalAndWait();
        if (Array.Find(_failures, failure => failure is not null) is { } first)
        {
            Array.Clear(_failures);
            ExceptionDispatchInfo.Throw(first);
        }
    }

    public void Dispose()
    {
        if (_threads.Length > 0)
        {
            _stopping = true;
            _barrier.SignalAndWait();
            foreach (Thread thread in _threads)
            {
                thread.Join();
            }
        }
        _barrier.Dispose();
    }

    private void Serve(int worker)
    {
        ComputeThreads.Set(1);
        _barrier.SignalAndWait(); // the constructor's
        while (true)
        {
            _barrier.SignalAndWait();
            if (_stopping)
            {
                return;
            }
            try
            {
                _work(worker);
            }
#pragma warning disable CA1031 // Rethrown by Run.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                _failures[worker] = failure;
            }
            _barrier.SignalAndWait();
        }
    }
}
