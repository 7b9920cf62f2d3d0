using InstructDiffusion.Api.Admin;
using InstructDiffusion.Engine.Batching;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InstructDiffusion.Api.Routes;

/// <summary>Is the process alive, and should it be sent work?</summary>
internal static class HealthRoutes
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/health/live", () => TypedResults.Ok(new HealthReport { Status = "live" }))
            .WithName("GetLiveness")
            .WithSummary("Does the process answer")
            .WithTags("Health")
            .AllowAnonymous()
            .DisableRateLimiting();
        routes
            .MapGet("/health/ready", Ready)
            .WithName("GetReadiness")
            .WithSummary("Is the model loaded, and does the engine work")
            .WithTags("Health")
            .AllowAnonymous()
            .DisableRateLimiting()
            .Produces<HealthReport>(StatusCodes.Status503ServiceUnavailable);
        routes
            .MapGet("/health/startup", Started)
            .WithName("GetStartup")
            .WithSummary("Has the model been loaded")
            .WithTags("Health")
            .AllowAnonymous()
            .DisableRateLimiting()
            .Produces<HealthReport>(StatusCodes.Status503ServiceUnavailable);
    }

    private static JsonHttpResult<HealthReport> Started(EngineLoop engine, EditQueue queue)
    {
        EngineStatus status = engine.Status;
        // What happens later is for readiness to tell: a probe of the start must not fail once it has passed.
        bool isLoaded = status.Model is not null;
        return Report(isLoaded ? "started" : "starting", isLoaded ? [] : [status.Reason ?? ""], status, queue);
    }

    private static JsonHttpResult<HealthReport> Ready(
        EngineLoop engine,
        EditQueue queue,
        Drain drain,
        IHostApplicationLifetime life
    )
    {
        EngineStatus status = engine.Status;
        string[] reasons = [.. Reasons(status, life), .. drain.IsOn ? [Drain.Reason] : Array.Empty<string>()];
        return Report(reasons.Length == 0 ? "ready" : "not_ready", reasons, status, queue);
    }

    private static JsonHttpResult<HealthReport> Report(
        string word,
        string[] reasons,
        EngineStatus status,
        EditQueue queue
    )
    {
        var report = new HealthReport
        {
            Status = word,
            Reasons = reasons,
            Model = status.Model?.Name,
            Running = status.Running,
            Waiting = status.Waiting,
            Capacity = queue.Capacity,
        };
        return TypedResults.Json(
            report,
            statusCode: reasons.Length == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable
        );
    }

    /// <summary>Why the server should be sent no work now; none when it should.</summary>
    internal static IEnumerable<string> Reasons(EngineStatus status, IHostApplicationLifetime life)
    {
        if (status.Reason is not null)
        {
            yield return status.Reason;
        }
        if (life.ApplicationStopping.IsCancellationRequested && status.Phase == EnginePhase.Ready)
        {
            yield return "The server is stopping.";
        }
        if (status.IsStalled)
        {
            yield return $"The engine has not answered for {status.SinceHeartbeat.TotalSeconds:F0} s.";
        }
    }
}

/// <summary>What a health route says.</summary>
internal sealed record HealthReport
{
    /// <summary><c>live</c>, <c>ready</c>, <c>not_ready</c>, <c>starting</c> or <c>started</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Why it is not ready, in words.</summary>
    public IReadOnlyList<string>? Reasons { get; init; }

    /// <summary>The loaded model's name.</summary>
    public string? Model { get; init; }

    /// <summary>Edits in flight.</summary>
    public int? Running { get; init; }

    /// <summary>Edits that wait.</summary>
    public int? Waiting { get; init; }

    /// <summary>Edits that may wait.</summary>
    public int? Capacity { get; init; }
}
