using InstructDiffusion.Api.Admin;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Engine.Batching;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs.Work;

/// <summary>
/// Takes jobs from the store when the engine has room for them: whoever waits for an answer comes first. At shutdown it takes no
/// more, lets those that run finish as long as there is time, and gives the others back.
/// </summary>
internal sealed class JobWorker : BackgroundService
{
    // Where the engine has no room, and when a delayed job is due, cannot be waited for.
    private static readonly TimeSpan BusyWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan IdleWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UnavailableWait = TimeSpan.FromSeconds(5);

    // For the writes that give jobs back, when the time for finishing is over.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly IJobStore _store;
    private readonly JobRunner _runner;
    private readonly EngineLoop _engine;
    private readonly Drain _drain;
    private readonly IProgressBus _bus;
    private readonly IHostApplicationLifetime _life;
    private readonly ILogger<JobWorker> _logger;
    private readonly bool _isEnabled;
    private readonly int _places;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private bool _isAway;

    public JobWorker(
        IJobStore store,
        JobRunner runner,
        EngineLoop engine,
        Drain drain,
        IProgressBus bus,
        IHostApplicationLifetime life,
        IOptions<QueueOptions> queue,
        IOptions<JobsOptions> jobs,
        ILogger<JobWorker> logger
    )
    {
        _store = store;
        _runner = runner;
        _engine = engine;
        _drain = drain;
        _bus = bus;
        _life = life;
        _logger = logger;
        _isEnabled = jobs.Value.Enabled;
        _places = queue.Value.MaxRunningEdits;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _runner.StopAsync(Grace, cancellationToken);
    }

    public override void Dispose()
    {
        base.Dispose();
        _wake.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_isEnabled)
        {
            return;
        }
        using IDisposable listening = _bus.Subscribe(jobId: null, Hear);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, _life.ApplicationStopping);
        try
        {
            while (true)
            {
                // Not the server's clock, which tests hold still: nothing is measured here.
                await _wake.WaitAsync(await TakeAsync(stopping.Token), stopping.Token);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // No more jobs on this server.
        }
    }

    /// <summary>Takes what there is room for.</summary>
    /// <returns>How long to wait until the next look, unless something happens.</returns>
    private async Task<TimeSpan> TakeAsync(CancellationToken cancellationToken)
    {
        EngineStatus engine = _engine.Status;
        int room = _places - Math.Max(engine.Running + engine.Waiting, _runner.Count);
        if (engine.Phase != EnginePhase.Ready || room <= 0 || _drain.IsOn)
        {
            return BusyWait;
        }
        try
        {
            IReadOnlyList<LeasedJob> jobs = await _store.DequeueAsync(
                room,
                _runner.Lease,
                isIdle: _runner.Count == 0,
                cancellationToken
            );
            foreach (LeasedJob job in jobs)
            {
                _runner.Start(job);
            }
            if (_isAway)
            {
                _logger.JobsAvailable();
                _isAway = false;
            }
            return IdleWait;
        }
        catch (JobsUnavailableException away)
        {
            if (!_isAway)
            {
                _logger.JobsUnavailable(away.Message);
                _isAway = true;
            }
            return UnavailableWait;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // An error that nobody thought of must not end the worker, let alone the server.
            _logger.HousekeepingFaulted(error);
            return UnavailableWait;
        }
    }

    private void Hear(JobNotice notice)
    {
        switch (notice.Kind)
        {
            case JobNoticeKind.CancelRequested:
                _runner.Cancel(notice.JobId);
                break;
            case JobNoticeKind.Queued or JobNoticeKind.Ended when _wake.CurrentCount == 0:
                try
                {
                    _wake.Release();
                }
                catch (SemaphoreFullException)
                {
                    // Another was faster.
                }
                break;
        }
    }
}
