using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Engine.Batching;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

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
    }

    private static JsonHttpResult<HealthReport> Ready(
        EngineLoop engine,
        EditQueue queue,
        IHostApplicationLifetime life,
        IOptions<ModelOptions> options
    )
    {
        EngineStatus status = engine.Status;
        string[] reasons = [.. Reasons(status, life, options.Value)];
        var report = new HealthReport
        {
            Status = reasons.Length == 0 ? "ready" : "not_ready",
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

    private static IEnumerable<string> Reasons(EngineStatus status, IHostApplicationLifetime life, ModelOptions options)
    {
        if (status.Reason is not null)
        {
            yield return status.Reason;
        }
        if (life.ApplicationStopping.IsCancellationRequested && status.Phase == EnginePhase.Ready)
        {
            yield return "The server is stopping.";
        }
        if (status.Phase == EnginePhase.Ready && status.SinceHeartbeat.TotalSeconds > options.StallSeconds)
        {
            yield return $"The engine has not answered for {status.SinceHeartbeat.TotalSeconds:F0} s.";
        }
    }
}

/// <summary>What a health route says.</summary>
internal sealed record HealthReport
{
    /// <summary><c>live</c>, <c>ready</c> or <c>not_ready</c>.</summary>
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
