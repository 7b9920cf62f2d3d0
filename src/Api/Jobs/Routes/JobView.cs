using System.Text.Json;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Work;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>From stored jobs to what their owners see: with the place in the queue, and the step of this moment.</summary>
internal sealed class JobView(
    IJobStore store,
    IProgressBus bus,
    JobPace pace,
    JobClock clock,
    IOptions<JobsOptions> options
)
{
    /// <summary>Now, as jobs see it.</summary>
    public DateTimeOffset Now => clock.Now;

    /// <summary>A job with everything.</summary>
    public async Task<JobResource> ShowAsync(Job job, CancellationToken cancellationToken)
    {
        JobPlace? place = job.Status == JobStatus.Queued ? await store.PlaceAsync(job.Id, cancellationToken) : null;
        JobResource shown = Show(job);
        return place is null
            ? shown
            : shown with
            {
                Position = place.Position,
                EtaMs = Milliseconds(pace.TimeFor(place.CostAhead, job.Cost)),
            };
    }

    /// <summary>A job without its place in the queue.</summary>
    public JobResource Show(Job job)
    {
        (int step, int steps) = StepOf(job);
        bool isRunning = job.Status == JobStatus.Running;
        return new JobResource
        {
            Id = job.Id,
            Type = job.Type,
            Status = job.Status,
            Priority = job.Priority,
            CreatedAt = job.CreatedAt,
            StartedAt = job.StartedAt,
            FinishedAt = job.FinishedAt,
            Deadline = job.Deadline,
            ExpiresAt = job.Status == JobStatus.Succeeded ? ExpiryOf(job) : null,
            EtaMs = isRunning ? Milliseconds(TimeLeft(job, step, steps)) : null,
            Step = isRunning && steps > 0 ? step : null,
            Steps = isRunning && steps > 0 ? steps : null,
            Runs = job.Run,
            Cancelling = job.IsCancelRequested ? true : null,
            Error = job.Failure is { } failure ? JobErrorResource.Of(failure) : null,
            Result = job.Result is { } result ? Show(job.Id, result) : null,
            Links = JobLinks.Of(job.Id),
        };
    }

    /// <summary>When a result goes.</summary>
    public DateTimeOffset? ExpiryOf(Job job) => job.FinishedAt + TimeSpan.FromHours(options.Value.ResultHours);

    private static JobResultResource Show(string id, JobResult result) =>
        new()
        {
            Answer = JsonSerializer.Deserialize<JsonElement>(result.Answer),
            Files =
            [
                .. result.Files.Select(
                    (file, i) =>
                        new JobFileResource
                        {
                            Name = file.Name,
                            MediaType = file.MediaType,
                            Bytes = file.Length,
                            Sha256 = file.Hash,
                            Href = $"/v1/jobs/{id}/results/{i}",
                        }
                ),
            ],
        };

    // The store knows the step of the last heartbeat; if the job runs here, the bus knows better.
    private (int Step, int Steps) StepOf(Job job) =>
        bus.Recent(job.Id) is [.., { Of: > 0 } last] && last.Run == job.Run
            ? (last.Step, last.Of)
            : (job.Step, job.Steps);

    private TimeSpan? TimeLeft(Job job, int step, int steps)
    {
        if (step == 0)
        {
            return pace.TimeFor(costAhead: 0, job.Cost);
        }
        TimeSpan? soFar = clock.Now - job.StartedAt;
        return soFar * ((double)(steps - step) / step);
    }

    private static long? Milliseconds(TimeSpan? time) => (long?)time?.TotalMilliseconds;
}
