using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
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
    private readonly Pace _pace = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _phaseLock = new();

    private EnginePhase _phase = EnginePhase.Loading;
    private string? _reason = "The model is being loaded.";
    private Exception? _cause;
    private volatile ModelDescription? _model;
    private volatile int _running;
    private volatile int _remainingSteps;
    private long _heartbeat;
    private bool _started;

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
        _heartbeat = time.GetTimestamp();
    }

    /// <summary>How it is now. Never waits for the engine's thread.</summary>
    public EngineStatus Status
    {
        get
        {
            lock (_phaseLock)
            {
                return new EngineStatus
                {
                    Phase = _phase,
                    Reason = _reason,
                    Model = _model,
                    SinceHeartbeat = _time.GetElapsedTime(Volatile.Read(ref _heartbeat)),
                    Running = _running,
                    Waiting = _queue.Count,
                };
            }
        }
    }

    /// <summary>
    /// Estimate from recent speed of the time until the edits now in flight are done, and with them as many places in the
    /// queue free; null before anything was measured.
    /// </summary>
    public TimeSpan? TimeUntilPlacesFree => _pace.TimeFor(_running, _remainingSteps);

    /// <summary>The model that is served.</summary>
    /// <exception cref="EngineUnavailableException">None is loaded, or none could be.</exception>
    public ModelDescription RequireModel() => _model ?? throw new EngineUnavailableException(_reason ?? "", _cause);

    /// <summary>Starts the thread and returns at once.</summary>
    public void Start()
    {
        _started = true;
        new Thread(Run) { Name = "engine", IsBackground = true }.Start();
    }

    /// <summary>
    /// Refuses new edits, lets the accepted ones finish, and completes when the thread has ended. When
    /// <paramref name="abort"/> is cancelled, what is left fails with <see cref="EngineUnavailableException"/> after the step
    /// in progress.
    /// </summary>
    public async Task StopAsync(CancellationToken abort)
    {
        if (!_started)
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
            await _ended.Task.WaitAsync(abort);
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

    /// <inheritdoc/>
    public void Dispose() => _abort.Dispose();

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
            FailWaiting();
            _ended.TrySetResult();
        }
    }

    private void RunModel()
    {
        long start = _time.GetTimestamp();
        using LoadedModel model = _loadModel(_abort.Token);
        WarmUp(model.Pipeline);
        _model = model.Description;
        if (Enter(EnginePhase.Ready, reason: null) == EnginePhase.Loading)
        {
            _logger.EngineReady(model.Description.Name, _time.GetElapsedTime(start).TotalSeconds);
            if (model.Description.IsUntrainedReference)
            {
                _logger.ModelUntrained(model.Description.Name);
            }
        }
        Serve(new RunningBatch(model.Pipeline, _queue, _limits, _pace, _time, _logger));
    }

    private void Serve(RunningBatch batch)
    {
        try
        {
            while (!_abort.IsCancellationRequested)
            {
                Volatile.Write(ref _heartbeat, _time.GetTimestamp());
                // Read before the round: edits accepted until then are in the queue, and a round that finds none has served all.
                bool stopping = Status.Phase == EnginePhase.Stopping;
                bool worked = batch.Round();
                _running = batch.Count;
                _remainingSteps = batch.RemainingSteps;
                if (!worked && stopping)
                {
                    return;
                }
                if (!worked)
                {
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
            _remainingSteps = 0;
        }
    }

    // One step on the smallest canvas: libraries initialise, and a model that cannot work is found before a user does.
    private static void WarmUp(IEditPipeline pipeline)
    {
        const int side = 64;
        using EditState state = pipeline.Prepare(
            new EditRequest
            {
                Image = new RgbImage(side, side, [.. Enumerable.Repeat((byte)128, side * side * RgbImage.Channels)]),
                Instruction = "warm up",
                Steps = 1,
                WorkingSize = WorkingSize.Of(new ImageSize(side, side)),
            }
        );
        while (!state.IsDenoised)
        {
            pipeline.Step([state]);
        }
        pipeline.Finish(state);
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
            if (reason is null)
            {
                _queue.Open();
            }
            else
            {
                _queue.Shut(reason, cause);
            }
            return before;
        }
    }

    private void FailWaiting()
    {
        foreach (EditTicket ticket in _queue.RemoveAll())
        {
            ticket.QueueTime = _time.GetElapsedTime(ticket.EnqueuedAt);
            ticket.Fail(new EngineUnavailableException(_reason ?? "The server has stopped.", _cause));
        }
    }
}
