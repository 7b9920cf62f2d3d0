using InstructDiffusion.Api.Callers;
using InstructDiffusion.Engine.Batching;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InstructDiffusion.Api.Admin;

/// <summary>POST and DELETE /admin/drain: an operator takes the server out of work, and puts it back.</summary>
internal static class AdminRoutes
{
    private const string Path = "/admin/drain";

    public static void MapAdmin(this IEndpointRouteBuilder routes)
    {
        routes
            .MapPost(Path, Begin)
            .WithName("BeginDrain")
            .WithSummary("Take no more work, and finish what was accepted")
            .WithTags("Admin")
            .RequireScope(Scope.Admin);
        routes
            .MapDelete(Path, End)
            .WithName("EndDrain")
            .WithSummary("Take work again")
            .WithTags("Admin")
            .RequireScope(Scope.Admin);
    }

    private static Accepted<DrainReport> Begin(HttpContext http, Drain drain, EngineLoop engine, ILogger<Drain> logger)
    {
        Set(http, drain, isOn: true, logger);
        return TypedResults.Accepted((string?)null, Report(drain, engine));
    }

    private static Ok<DrainReport> End(HttpContext http, Drain drain, EngineLoop engine, ILogger<Drain> logger)
    {
        Set(http, drain, isOn: false, logger);
        return TypedResults.Ok(Report(drain, engine));
    }

    private static void Set(HttpContext http, Drain drain, bool isOn, ILogger logger)
    {
        if (drain.Set(isOn))
        {
            logger.DrainChanged(isOn, Caller.Of(http).Name);
        }
    }

    private static DrainReport Report(Drain drain, EngineLoop engine)
    {
        EngineStatus status = engine.Status;
        return new DrainReport
        {
            Draining = drain.IsOn,
            Running = status.Running,
            Waiting = status.Waiting,
        };
    }
}

/// <summary>How far a drain is.</summary>
internal sealed record DrainReport
{
    /// <summary>True while no more work is taken.</summary>
    public required bool Draining { get; init; }

    /// <summary>Edits in flight.</summary>
    public required int Running { get; init; }

    /// <summary>Edits that wait and will still be made.</summary>
    public required int Waiting { get; init; }
}
