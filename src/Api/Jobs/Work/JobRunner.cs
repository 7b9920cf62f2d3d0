using System.Collections.Concurrent;
using System.Diagnostics;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Batching;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs.Work;

/// <summary>
/// Does leased jobs. A run ends in one write to the store, and only if it still has the lease: the result, the failure, or
/// giving the job back. When the store is away, the run keeps what it has until it can write.
/// </summary>
internal sealed class JobRunner(
    IJobStore store,
    IBlobStore blobs,
    JobOperations operations,
    EditDesk edits,
    IProgressBus bus,
    JobClock clock,
    JobPace pace,
    JobMetrics metrics,
    IOptions<JobsOptions> options,
    ILogger<JobRunner> logger
) : IDisposable
{
    private static readonly TimeSpan DelayWhenRefused = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan DelayAfterFault = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<JobLease, (ActiveRun Run, Task Done)> _active = new();
    private readonly CancellationTokenSource _giveUp = new();

    /// <summary>How long a lease is.</summary>
    public TimeSpan Lease { get; } = TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    /// <summary>Runs that go on.</summary>
    public int Count => _active.Count;

    /// <summary>Begins a run, and returns.</summary>
    public void Start(LeasedJob leased)
    {
        var run = new ActiveRun(leased);
        var added = new TaskCompletionSource();
        _active[leased.Lease] = (run, RunAsync(run, added.Task));
        added.SetResult();
    }

    /// <summary>Ends the runs of a job that was cancelled.</summary>
    public void Cancel(string jobId)
    {
        foreach (
            (ActiveRun run, _) in _active.Values.Where(entry =>
                jobId.Equals(entry.Run.Leased.Job.Id, StringComparison.Ordinal)
            )
        )
        {
            run.End();
        }
    }

    /// <summary>Renews all leases, and ends the runs whose jobs are cancelled or lost.</summary>
    /// <exception cref="JobsUnavailableException">The store cannot be used now; the runs go on.</exception>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        ActiveRun[] runs = [.. _active.Values.Select(entry => entry.Run)];
        if (runs.Length == 0)
        {
            return;
        }
        IReadOnlyList<LeaseState> states = await store.HeartbeatAsync(
            [.. runs.Select(run => run.Heartbeat)],
            Lease,
            cancellationToken
        );
        foreach ((ActiveRun run, LeaseState state) in runs.Zip(states))
        {
            if (state != LeaseState.Held)
            {
                run.End();
            }
        }
    }

    /// <summary>
    /// Waits until all runs are done. When <paramref name="handBack"/> is cancelled, the rest ends at the next step and is given
    /// back to the store, for <paramref name="grace"/>.
    /// </summary>
    public async Task StopAsync(TimeSpan grace, CancellationToken handBack)
    {
        Task all = Task.WhenAll(_active.Values.Select(entry => entry.Done));
        try
        {
            await all.WaitAsync(handBack);
        }
        catch (OperationCanceledException)
        {
            foreach ((ActiveRun run, _) in _active.Values)
            {
                run.End();
            }
            _giveUp.CancelAfter(grace);
            await all;
        }
    }

    public void Dispose() => _giveUp.Dispose();

    private async Task RunAsync(ActiveRun run, Task added)
    {
        await added;
        // Off the caller's stack: what follows decodes pictures before it waits for anything.
        await Task.Yield();
        using Activity? span = JobSpans.Begin(run.Leased.Job);
        metrics.Begun(run.Leased.Job);
        (JobLease lease, long start) = (run.Leased.Lease, Stopwatch.GetTimestamp());
        string outcome = "given up";
        try
        {
            logger.RunBegan(lease.JobId, lease.Run);
            bus.Publish(new JobNotice(lease.JobId, JobNoticeKind.Started, lease.Run));
            Func<CancellationToken, Task<FinishOutcome>> end = await WorkAsync(run);
            outcome = (await PersistAsync(end)).ToString();
        }
        catch (OperationCanceledException) when (_giveUp.IsCancellationRequested)
        {
            // The lease ends by itself, and the job is run again.
        }
        catch (Exception error)
        {
            logger.RunFaulted(error, lease.JobId, lease.Run);
            await GiveBackAsync(lease);
        }
        finally
        {
            _active.TryRemove(lease, out _);
            run.Dispose();
            logger.RunEnded(lease.JobId, lease.Run, outcome, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            bus.Publish(new JobNotice(lease.JobId, JobNoticeKind.Ended, lease.Run));
        }
    }

    /// <summary>Does the work, and gives what is to be written.</summary>
    private async Task<Func<CancellationToken, Task<FinishOutcome>>> WorkAsync(ActiveRun run)
    {
        Job job = run.Leased.Job;
        JobLease lease = run.Leased.Lease;
        try
        {
            long start = Stopwatch.GetTimestamp();
            JobOutcome outcome = await OperateAsync(run);
            pace.Ran(Math.Max(job.Cost, 1), Stopwatch.GetElapsedTime(start), Math.Max(Count, 1));
            return async cancel => await store.CompleteAsync(lease, await KeepAsync(outcome, cancel), cancel);
        }
        catch (Exception) when (run.Ended.IsCancellationRequested)
        {
            // Cancelled, lost, or handed back: the store knows which.
            return cancel => store.ReleaseAsync(lease, fault: null, TimeSpan.Zero, cancel);
        }
        catch (Exception error)
        {
            return EndingOf(lease, error);
        }
    }

    private Func<CancellationToken, Task<FinishOutcome>> EndingOf(JobLease lease, Exception error)
    {
        ApiException problem = ExceptionProblems.Of(error);
        if (problem.Kind.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            // The engine takes no work now, or the job's files cannot be read now: another time, or another server.
            TimeSpan delay = problem.RetryAfter is { } wait && wait > DelayWhenRefused ? wait : DelayWhenRefused;
            return cancel => store.ReleaseAsync(lease, fault: null, delay, cancel);
        }
        var failure = new JobFailure(problem.Kind.Code, problem.Message, problem.Parameter);
        if (problem.Kind == ProblemKind.Internal)
        {
            logger.RunFaulted(error, lease.JobId, lease.Run);
        }
        if (problem.Kind == ProblemKind.Internal && problem.ShouldRetry)
        {
            return cancel => store.ReleaseAsync(lease, failure, DelayAfterFault, cancel);
        }
        bool isLate = problem.Kind == ProblemKind.DeadlineBeforeStart || problem.Kind == ProblemKind.DeadlineRunning;
        JobStatus status = isLate ? JobStatus.Expired : JobStatus.Failed;
        return cancel => store.FailAsync(lease, status, failure, cancel);
    }

    private async Task<JobOutcome> OperateAsync(ActiveRun run)
    {
        (Job job, JobInput input) = run.Leased;
        JobOperation operation =
            operations.Find(job.Type)
            ?? throw new ApiException(ProblemKind.InvalidParameter, $"type: this server knows no {job.Type}", "type");
        TimeSpan? limit = job.Deadline - clock.Now;
        if (limit <= TimeSpan.Zero)
        {
            throw new ApiException(ProblemKind.DeadlineBeforeStart, "Its deadline passed before it started.");
        }
        var files = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        foreach (StoredFile file in input.Files)
        {
            files[file.Name] = await blobs.ReadAsync(file.Hash, run.Ended);
        }
        EditForm form = StoredForm.Read(input.Fields, files, operation.Fields);
        var ticket = new EditTicketOptions
        {
            Tenant = job.Caller,
            Priority = job.Priority,
            TimeLimit = limit,
        };
        var jobRun = new JobRun(edits.RequireModel(), ticket, step => Report(run, step));
        return await operation.RunAsync(form, jobRun, run.Ended);
    }

    // Its end could not be written for a reason that nobody thought of: another try, as after any such error.
    private async Task GiveBackAsync(JobLease lease)
    {
        try
        {
            var failure = new JobFailure(ProblemKind.Internal.Code, "Its end could not be written.");
            await store.ReleaseAsync(lease, failure, DelayAfterFault, _giveUp.Token);
        }
        catch (Exception error)
        {
            // The lease ends by itself.
            logger.RunFaulted(error, lease.JobId, lease.Run);
        }
    }

    private void Report(ActiveRun run, JobStep step)
    {
        run.Last = step;
        JobNoticeKind kind = step.Preview is null ? JobNoticeKind.Progress : JobNoticeKind.Preview;
        bus.Publish(
            new JobNotice(run.Leased.Job.Id, kind, run.Leased.Job.Run)
            {
                Step = step.Step,
                Of = step.Of,
                Index = step.Index,
                Preview = step.Preview,
            }
        );
    }

    private async Task<JobResult> KeepAsync(JobOutcome outcome, CancellationToken cancellationToken)
    {
        List<StoredFile> files = [];
        foreach (JobFile file in outcome.Files)
        {
            string hash = await blobs.PutAsync(file.Bytes, isResult: true, cancellationToken);
            files.Add(new StoredFile(file.Name, file.MediaType, file.Bytes.Length, hash));
        }
        return new JobResult(outcome.Answer.ToJsonString(ApiJson.Options), files);
    }

    private async Task<FinishOutcome> PersistAsync(Func<CancellationToken, Task<FinishOutcome>> end)
    {
        TimeSpan wait = TimeSpan.FromMilliseconds(500);
        while (true)
        {
            try
            {
                return await end(_giveUp.Token);
            }
            catch (JobsUnavailableException unavailable)
            {
                logger.JobsUnavailable(unavailable.Message);
            }
            await Task.Delay(wait, _giveUp.Token);
            wait = TimeSpan.FromSeconds(Math.Min(wait.TotalSeconds * 2, 30));
        }
    }
}
