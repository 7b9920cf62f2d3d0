using System.Diagnostics;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// Logs one line for every request that reached the edit route, whatever became of it. Stands outside the error handling, so
/// that it sees the final status.
/// </summary>
internal sealed class EditRequestLog(RequestDelegate next, ILogger<EditRequestLog> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        long start = Stopwatch.GetTimestamp();
        await next(http);
        if (http.Features.Get<EditRecord>() is { } record)
        {
            Log(http, record, Stopwatch.GetElapsedTime(start));
        }
    }

    // Neither the instruction nor anything of the picture: they are the client's own.
    private void Log(HttpContext http, EditRecord record, TimeSpan total)
    {
        string id = ProblemWriter.TraceId(http);
        int status = http.Response.StatusCode;
        string outcome = (http.Features.Get<ApiException>()?.Kind ?? ProblemKind.OfStatus(status))?.Code ?? "ok";
        if (record.Request is not { } edit)
        {
            logger.RequestRefused(id, status, outcome, total.TotalMilliseconds);
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
            record.Ticket?.QueueTime.TotalMilliseconds ?? 0,
            record.Ticket?.EngineTime.TotalMilliseconds ?? 0,
            total.TotalMilliseconds
        );
    }
}
