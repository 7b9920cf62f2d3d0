using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Routes;
using InstructDiffusion.Engine.Batching;
using Microsoft.AspNetCore.Http.HttpResults;

namespace InstructDiffusion.Api.KServe;

/// <summary>
/// The metadata and health part of the Open Inference Protocol (KServe v2), for the probes and tools that speak it. Its tensors are no
/// form for pictures and instructions, so that inference goes through the routes of this server's own.
/// </summary>
internal static class KServeRoutes
{
    public static void MapKServe(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v2").WithTags("KServe v2");
        group
            .MapGet("", () => TypedResults.Ok(KServeServer.This))
            .WithName("GetServerMetadata")
            .WithSummary("What server this is (KServe v2)")
            .RequireCaller();
        group
            .MapGet("/health/live", () => TypedResults.Ok(new KServeLive(Live: true)))
            .WithName("GetServerLive")
            .WithSummary("Does the process answer (KServe v2)")
            .AllowAnonymous()
            .DisableRateLimiting();
        group
            .MapGet("/health/ready", ServerReady)
            .WithName("GetServerReady")
            .WithSummary("Is the model loaded, and does the engine work (KServe v2)")
            .AllowAnonymous()
            .DisableRateLimiting()
            .Produces<KServeReady>()
            .Produces<KServeReady>(StatusCodes.Status503ServiceUnavailable);
        group
            .MapGet("/models/{name}", Model)
            .WithName("GetModelMetadata")
            .WithSummary("What the model takes and gives (KServe v2)")
            .RequireCaller()
            .Produces<KServeModel>()
            .Produces<KServeError>(StatusCodes.Status404NotFound)
            .Produces<KServeError>(StatusCodes.Status503ServiceUnavailable);
        group
            .MapGet("/models/{name}/ready", ModelReady)
            .WithName("GetModelReady")
            .WithSummary("Is the model loaded, and does the engine work (KServe v2)")
            .RequireCaller()
            .Produces<KServeModelReady>()
            .Produces<KServeError>(StatusCodes.Status404NotFound)
            .Produces<KServeModelReady>(StatusCodes.Status503ServiceUnavailable);
    }

    private static JsonHttpResult<KServeReady> ServerReady(EngineLoop engine, IHostApplicationLifetime life)
    {
        bool isReady = IsReady(engine, life);
        return Json(new KServeReady(isReady, Live: true), isReady);
    }

    private static IResult Model(string name, EngineLoop engine)
    {
        EngineStatus status = engine.Status;
        if (status.Model is null)
        {
            // Whether it is the model's name cannot be known yet.
            return Error(StatusCodes.Status503ServiceUnavailable, status.Reason ?? "The model is not loaded.");
        }
        return status.Model.Name.Equals(name, StringComparison.Ordinal)
            ? TypedResults.Ok(KServeModel.Of(status.Model))
            : (IResult)Unknown(name, status.Model.Name);
    }

    private static IResult ModelReady(string name, EngineLoop engine, IHostApplicationLifetime life)
    {
        if (engine.Status.Model is { } model && !model.Name.Equals(name, StringComparison.Ordinal))
        {
            return Unknown(name, model.Name);
        }
        bool isReady = IsReady(engine, life);
        return Json(new KServeModelReady(name, isReady), isReady);
    }

    private static bool IsReady(EngineLoop engine, IHostApplicationLifetime life) =>
        !HealthRoutes.Reasons(engine.Status, life).Any();

    private static JsonHttpResult<T> Json<T>(T body, bool isReady) =>
        TypedResults.Json(
            body,
            statusCode: isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable
        );

    private static JsonHttpResult<KServeError> Unknown(string name, string served) =>
        Error(
            StatusCodes.Status404NotFound,
            $"There is no model '{EditForm.Shown(name)}'; this server has '{served}'."
        );

    // The protocol's own form of an error, in place of a problem.
    private static JsonHttpResult<KServeError> Error(int status, string message) =>
        TypedResults.Json(new KServeError(message), statusCode: status);
}
