using InstructDiffusion.Engine.Editing;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// The one thread that owns a device: loads the model, warms it up, then serves the queue round by round until it is stopped.
/// Everything that touches the model happens on this thread, as dispose scopes and gradient modes are per thread. Nothing it
/// meets ends it silently: what breaks the loop itself fails every ticket with that error and is told by <see cref="Status"/>.
/// </summary>
public sealed class EngineLoop : IDisposable
{
    // Also how often an idle engine shows that it lives.
    private static readonly TimeSpan IdleWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan GraceAfterAbort = TimeSpan.FromSeconds(5);

    private readonly LoadModel _loadModel;
    private readonly EditQueue _queue;
    private readonly BatchLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _phaseLock = new();

    private EnginePhase _phase = EnginePhase.Loading;
    private string? _reason = "The model is being loaded.";
    private Exception? _cause;
    private volatile ModelDescription? _model;
    private volatile IEditPipeline? _pipeline;
    private volatile int _running;
    private StallWatch? _watch;

    /// <summary>An engine that has not started; <paramref name="queue"/> stays shut until the model is ready.</summary>
    /// <param name="loadModel">Loads the model, on the engine's thread.</param>
    /// <param name="queue">The edits to serve; this engine alone takes from it.</param>
    /// <param name="limits">How much to do at once.</param>
    /// <param name="time">The clock of all measurements.</param>
    /// <param name="logger">Where failures are told.</param>
    public EngineLoop(
        LoadModel loadModel,
        EditQueue queue,
        BatchLimits limits,
        TimeProvider time,
        ILogger<EngineLoop> logger
    )
    {
        _loadModel = loadModel;
        _queue = queue;
        _limits = limits;
        _time = time;
        _logger = logger;
    }

    /// <summary>Silence in the middle of work after which every edit is answered with an error.</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>True once its thread has ended, or when it was never started; false while it may be inside libtorch.</summary>
    public bool HasEnded => _watch is null || _ended.Task.IsCompleted;

    /// <summary>What it has done.</summary>
    public EngineCounters Counters => _queue.Counters;

    /// <summary>How it is now. Never waits for the engine's thread.</summary>
    public EngineStatus Status
    {
        get
        {
            // Before the lock: the watch calls back under its own.
            TimeSpan silence = _watch?.Silence ?? TimeSpan.Zero;
            bool isStalled = _watch?.IsSilent ?? false;
            lock (_phaseLock)
            {
                return new EngineStatus
                {
                    Phase = _phase,
                    Reason = _reason,
                    Model = _model,
                    SinceHeartbeat = silence,
                    IsStalled = isStalled,
                    Running = _running,
                    Waiting = _queue.Count,
                };
            }
        }
    }

    /// <summary>The model that is served.</summary>
    /// <exception cref="EngineUnavailableException">None is loaded, or none could be.</exception>
    public ModelDescription RequireModel() => _model ?? throw new EngineUnavailableException(_reason ?? "", _cause);

    /// <summary>Starts the thread and returns at once.</summary>
    public void Start()
    {
        _watch = new StallWatch(_time, StallAfter, Stalled, Recovered);
        new Thread(Run) { Name = "engine", IsBackground = true }.Start();
    }

    /// <summary>
    /// Refuses new edits, lets the accepted ones finish, and completes when the thread has ended. When
    /// <paramref name="abort"/> is cancelled, or by <see cref="Abort"/>, what is left fails with
    /// <see cref="EngineUnavailableException"/> after the step in progress.
    /// </summary>
    public async Task StopAsync(CancellationToken abort)
    {
        if (_watch is null)
        {
            return;
        }
        bool loading = Enter(EnginePhase.Stopping, "The server is stopping.") == EnginePhase.Loading;
        if (loading)
        {
            await _abort.CancelAsync();
        }
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(abort, _abort.Token);
            await _ended.Task.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            await _abort.CancelAsync();
            try
            {
                await _ended.Task.WaitAsync(GraceAfterAbort, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                _logger.EngineHangs();
            }
        }
    }

    /// <summary>Answers every edit with an error at once, and takes no more. The thread ends after the step in progress.</summary>
    public void Abort()
    {
        Enter(EnginePhase.Stopping, "The server is stopping.");
        _abort.Cancel();
        _queue.FailAll(() => new EngineUnavailableException("The server stopped before this edit was done."));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _watch?.Dispose();
        _abort.Dispose();
    }

    private void Run()
    {
        try
        {
            RunModel();
            _logger.EngineStopped();
            Enter(EnginePhase.Stopped, "The server has stopped.");
        }
        catch (OperationCanceledException) when (_abort.IsCancellationRequested)
        {
            Enter(EnginePhase.Stopped, "The server has stopped.");
        }
        catch (Exception error)
        {
            if (_model is null)
            {
                _logger.LoadFailed(error);
                Enter(EnginePhase.Failed, $"The model could not be loaded: {error.Message}", error);
            }
            else
            {
                _logger.EngineFailed(error);
                Enter(EnginePhase.Failed, $"The engine has failed: {error.Message}", error);
            }
        }
        finally
        {
            // The queue is shut by now, so nothing can join behind this.
            _queue.FailAll(() => new EngineUnavailableException(_reason ?? "The server has stopped.", _cause));
            _watch?.Rest();
            _ended.TrySetResult();
        }
    }

    private void RunModel()
    {
        TimeSpan start = _time.SinceStart();
        using LoadedModel model = _loadModel(_abort.Token);
        WarmUp.Run(model.Pipeline, model.Description, _queue.Experience.Costs, _time);
        _pipeline = model.Pipeline;
        _model = model.Description;
        if (Enter(EnginePhase.Ready, reason: null) == EnginePhase.Loading)
        {
            _logger.EngineReady(model.Description.Name, (_time.SinceStart() - start).TotalSeconds);
            if (model.Description.IsUntrainedReference)
            {
                _logger.ModelUntrained(model.Description.Name);
            }
        }
        Serve(new RunningBatch(model.Pipeline, _queue, _limits, _time, _logger, () => _watch?.Sign()));
    }

    private void Serve(RunningBatch batch)
    {
        try
        {
            while (!_abort.IsCancellationRequested)
            {
                _watch?.Sign();
                // Read before the round: edits accepted until then are in the queue, and a round that finds none has served all.
                bool stopping = Status.Phase == EnginePhase.Stopping;
                bool worked = batch.Round();
                _running = batch.Count;
                if (!worked && stopping)
                {
                    return;
                }
                if (!worked)
                {
                    _watch?.Rest();
                    _queue.WaitForWork(IdleWait);
                }
            }
            batch.FailAll(new EngineUnavailableException("The server stopped before this edit was done."));
        }
        catch (Exception error)
        {
            Enter(EnginePhase.Failed, $"The engine has failed: {error.Message}", error);
            batch.FailAll(new EngineUnavailableException("The engine has failed.", error));
            throw;
        }
        finally
        {
            _running = 0;
        }
    }

    // On the watch's thread. The engine lets go of the edits when it is back; their callers need not wait for that.
    private void Stalled(TimeSpan silence)
    {
        _logger.EngineStalled(silence.TotalSeconds);
        Counters.CountStall();
        _queue.Shut(() => new EngineStalledException(silence));
        _queue.FailAll(() => new EngineStalledException(silence));
    }

    // On the engine's thread.
    private void Recovered()
    {
        _logger.EngineRecovered();
        lock (_phaseLock)
        {
            OpenOrShut();
        }
    }

    /// <summary>Moves on, unless that would go back: a stopping engine does not become ready, nor a failed one stopped.</summary>
    /// <returns>The phase before.</returns>
    private EnginePhase Enter(EnginePhase phase, string? reason, Exception? cause = null)
    {
        lock (_phaseLock)
        {
            EnginePhase before = _phase;
            if (phase <= before)
            {
                return before;
            }
            _phase = phase;
            _reason = reason;
            _cause = cause;
            OpenOrShut();
            return before;
        }
    }

    private void OpenOrShut()
    {
        if (_reason is { } reason)
        {
            _queue.Shut(reason, _cause);
        }
        else if (_pipeline is { } pipeline)
        {
            _queue.Open(pipeline.Measure);
        }
    }
}
