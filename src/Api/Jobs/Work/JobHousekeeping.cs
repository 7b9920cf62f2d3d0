using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Observability;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs.Work;

/// <summary>What must be done from time to time: leases renewed, what time changes swept, unneeded files deleted.</summary>
internal sealed class JobHousekeeping(
    IJobStore store,
    IBlobStore blobs,
    JobRunner runner,
    IProgressBus bus,
    JobMetrics metrics,
    TimeProvider time,
    IOptions<JobsOptions> options,
    ILogger<JobHousekeeping> logger
) : BackgroundService
{
    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BlobInterval = TimeSpan.FromMinutes(10);

    /// <summary>Sweeps once, and tells whoever waits for a job that was moved.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        // This server lives, however long it was held up: its own leases have not run out.
        await runner.RenewAsync(cancellationToken);
        foreach (MovedJob moved in await store.SweepAsync(cancellationToken))
        {
            logger.JobMoved(moved.JobId, moved.Status.ToString());
            if (moved.WasLeased)
            {
                metrics.LeaseExpired();
            }
            JobNoticeKind kind = moved.Status == JobStatus.Queued ? JobNoticeKind.Queued : JobNoticeKind.Ended;
            bus.Publish(new JobNotice(moved.JobId, kind, Run: 0));
        }
    }

    /// <summary>Counts the jobs, for measurements.</summary>
    public async Task CountAsync(CancellationToken cancellationToken)
    {
        try
        {
            metrics.Counted(await store.CountAsync(cancellationToken));
        }
        catch (JobsUnavailableException)
        {
            metrics.Counted(null);
            throw;
        }
    }

    /// <summary>Deletes the files that no job needs.</summary>
    public async Task SweepBlobsAsync(CancellationToken cancellationToken)
    {
        // In this order: what is put after the look is young, and stays.
        IReadOnlySet<string> referenced = await store.ReferencedBlobsAsync(cancellationToken);
        int deleted = await blobs.SweepAsync(referenced, cancellationToken);
        if (deleted > 0)
        {
            logger.BlobsSwept(deleted);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        !options.Value.Enabled
            ? Task.CompletedTask
            : Task.WhenAll(
                // Thrice a lease, so that two may fail.
                RepeatAsync(runner.Lease / 3, runner.RenewAsync, stoppingToken),
                RepeatAsync(SweepInterval, SweepAsync, stoppingToken),
                RepeatAsync(SweepInterval, CountAsync, stoppingToken),
                RepeatAsync(BlobInterval, SweepBlobsAsync, stoppingToken)
            );

    private async Task RepeatAsync(TimeSpan interval, Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            do
            {
                await TryAsync(work, stopping);
            } while (await timer.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        try
        {
            await work(stopping);
        }
        catch (JobsUnavailableException)
        {
            // The worker says so in the log; the next tick tries again.
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            logger.HousekeepingFaulted(error);
        }
    }
}
