using System.Diagnostics;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// Logs one line for every request that reached an edit route, whatever became of it, and measures it. Stands outside the
/// error handling, so that it sees the final status.
/// </summary>
internal sealed class EditRequestLog(RequestDelegate next, RequestMetrics metrics, ILogger<EditRequestLog> logger)
{
    private const string None = "-";

    public async Task InvokeAsync(HttpContext http)
    {
        long start = Stopwatch.GetTimestamp();
        http.Response.OnStarting(() =>
        {
            if (http.Features.Get<EditRecord>()?.Cache is { } cache)
            {
                http.Response.Headers["X-Cache"] = Label<CacheOutcome>.Of(cache);
            }
            return Task.CompletedTask;
        });
        await next(http);
        if (http.Features.Get<EditRecord>() is { } record)
        {
            TimeSpan total = Stopwatch.GetElapsedTime(start);
            ProblemKind? problem =
                http.Features.Get<ApiException>()?.Kind ?? ProblemKind.OfStatus(http.Response.StatusCode);
            metrics.Answered(total, record, problem);
            Log(http, record, problem?.Code ?? "ok", total);
        }
    }

    // Neither the instruction nor anything of the picture: they are the client's own.
    private void Log(HttpContext http, EditRecord record, string outcome, TimeSpan total)
    {
        string id = ProblemWriter.TraceId(http);
        int status = http.Response.StatusCode;
        string caller = Caller.Of(http).Name is { Length: > 0 } name ? name : None;
        if (record.Request is not { } edit)
        {
            logger.RequestRefused(id, status, outcome, caller, total.TotalMilliseconds, http.TraceIdentifier);
            return;
        }
        logger.EditEnded(
            id,
            status,
            outcome,
            edit.Image.Width,
            edit.Image.Height,
            SamplerNames.NameOf(edit.Sampler),
            edit.Steps,
            edit.TextGuidanceScale,
            edit.ImageGuidanceScale,
            edit.Seed,
            caller,
            record.Options is { } options ? Label<EditPriority>.Of(options.Priority) : None,
            record.Cache is { } cache ? Label<CacheOutcome>.Of(cache) : None,
            record.Ticket?.MostInStep ?? 0,
            record.Ticket?.QueueTime.TotalMilliseconds ?? 0,
            record.Ticket?.EngineTime.TotalMilliseconds ?? 0,
            total.TotalMilliseconds,
            http.TraceIdentifier
        );
    }
}
