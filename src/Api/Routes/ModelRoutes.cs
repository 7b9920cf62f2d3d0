using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Hosting;
using InstructDiffusion.Api.OpenAi;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Routes;

/// <summary>GET /v1/models and /v1/models/{id}: what is served, its defaults and the limits, as OpenAI's clients read it too.</summary>
internal static class ModelRoutes
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        routes
            .MapGet("/v1/models", List)
            .WithName("ListModels")
            .WithSummary("The model, its defaults and the limits")
            .WithTags("Models")
            .RequireCaller()
            .Produces<ModelList>()
            .Produces(StatusCodes.Status304NotModified)
            .Produces<OpenAiErrorBody>(StatusCodes.Status503ServiceUnavailable);
        routes
            .MapGet("/v1/models/{id}", Find)
            .WithName("GetModel")
            .WithSummary("One model, its defaults and the limits")
            .WithTags("Models")
            .RequireCaller()
            .Produces<ModelResource>()
            .Produces(StatusCodes.Status304NotModified)
            .Produces<OpenAiErrorBody>(StatusCodes.Status404NotFound)
            .Produces<OpenAiErrorBody>(StatusCodes.Status503ServiceUnavailable);
    }

    private static FileContentHttpResult List(
        EngineLoop engine,
        WeightsDigest weights,
        HttpResponse response,
        IOptions<LimitsOptions> limits
    ) => Tagged(response, new ModelList { Data = [Describe(engine.RequireModel(), weights, limits.Value)] });

    private static FileContentHttpResult Find(
        string id,
        EngineLoop engine,
        WeightsDigest weights,
        HttpResponse response,
        IOptions<LimitsOptions> limits
    )
    {
        ModelDescription model = engine.RequireModel();
        return id.Equals(model.Name, StringComparison.Ordinal)
            ? Tagged(response, Describe(model, weights, limits.Value))
            : throw new ApiException(
                ProblemKind.ModelNotFound,
                $"The model '{EditForm.Shown(id)}' is not served here; '{model.Name}' is.",
                "model"
            );
    }

    private static ModelResource Describe(ModelDescription model, WeightsDigest weights, LimitsOptions limits) =>
        ModelResource.Of(model, limits) with
        {
            WeightsSha256 = weights.Of(model),
        };

    // The tag is the content's hash, so replicas with one model agree on it.
    private static FileContentHttpResult Tagged<T>(HttpResponse response, T value)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(value, ApiJson.Options);
        string hash = Convert.ToHexStringLower(SHA256.HashData(json).AsSpan(0, 16));
        response.Headers.CacheControl = "no-cache";
        return TypedResults.Bytes(json, "application/json; charset=utf-8", entityTag: new($"\"{hash}\""));
    }
}

/// <summary>The models that are served; one so far.</summary>
internal sealed record ModelList
{
    public string Object { get; } = "list";

    public required IReadOnlyList<ModelResource> Data { get; init; }
}

/// <summary>One model.</summary>
internal sealed record ModelResource
{
    /// <summary>Its name, as in <c>X-Model</c>.</summary>
    public required string Id { get; init; }

    public string Object { get; } = "model";

    /// <summary>When its files were last changed, in seconds since 1970.</summary>
    public required long Created { get; init; }

    /// <summary>Who serves it: this server.</summary>
    public string OwnedBy { get; } = "instructdiffusion";

    /// <summary>True for the reference with random weights, whose pictures mean nothing.</summary>
    public required bool Untrained { get; init; }

    /// <summary>What a person should know about it.</summary>
    public string? Notice { get; init; }

    /// <summary>How guidance is computed, and so what the scales mean.</summary>
    public required GuidanceFamily GuidanceFamily { get; init; }

    /// <summary>SHA-256 of the weights; see docs/weights.md. Absent until it is computed, seconds after the first request for it.</summary>
    public string? WeightsSha256 { get; init; }

    public string? License { get; init; }

    public required ModelDefaults Defaults { get; init; }

    public required ModelLimits Limits { get; init; }

    public static ModelResource Of(ModelDescription model, LimitsOptions limits) =>
        new()
        {
            Id = model.Name,
            Created = model.ChangedAt.ToUnixTimeSeconds(),
            Untrained = model.IsUntrainedReference,
            Notice = model.IsUntrainedReference
                ? $"This model is untrained: its answers are meaningless. {model.Notes}".TrimEnd()
                : model.Notes,
            GuidanceFamily = model.Family,
            License = model.License,
            Defaults = new ModelDefaults
            {
                Steps = model.DefaultSteps,
                TextGuidanceScale = model.DefaultTextGuidanceScale,
                ImageGuidanceScale = model.DefaultImageGuidanceScale,
                Sampler = SamplerNames.NameOf(model.DefaultSampler),
                Resolution = model.DefaultResolution,
            },
            Limits = new ModelLimits
            {
                MaxSteps = model.MaxSteps,
                MaxGuidanceScale = EditRequest.MaxGuidanceScale,
                MaxInstructionCharacters = EditParameters.LongestInstruction,
                MaxBodyBytes = limits.MaxBodyBytes,
                MaxImagePixels = limits.MaxPixels,
                MaxImageSide = limits.MaxSide,
                MaxCanvasPixels = limits.MaxCanvasPixels,
                Samplers = [.. SamplerNames.ByName.Keys],
                OutputFormats = [.. AnswerFormat.ByName.Keys],
            },
        };
}

/// <summary>What a request gets that does not say otherwise.</summary>
internal sealed record ModelDefaults
{
    public required int Steps { get; init; }
    public required double TextGuidanceScale { get; init; }
    public required double ImageGuidanceScale { get; init; }
    public required string Sampler { get; init; }
    public required int Resolution { get; init; }
}

/// <summary>The most a request may ask for.</summary>
internal sealed record ModelLimits
{
    public required int MaxSteps { get; init; }
    public required double MaxGuidanceScale { get; init; }
    public required int MaxInstructionCharacters { get; init; }
    public required long MaxBodyBytes { get; init; }
    public required long MaxImagePixels { get; init; }
    public required int MaxImageSide { get; init; }
    public required long MaxCanvasPixels { get; init; }
    public required IReadOnlyList<string> Samplers { get; init; }
    public required IReadOnlyList<string> OutputFormats { get; init; }
}
