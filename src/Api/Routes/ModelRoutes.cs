using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Hosting;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Routes;

/// <summary>GET /v1/models: what is served, its defaults and the limits.</summary>
internal static class ModelRoutes
{
    public static void MapModels(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/v1/models", List)
            .WithName("ListModels")
            .WithSummary("The model, its defaults and the limits")
            .WithTags("Models")
            .RequireCaller()
            .ProducesAProblem(StatusCodes.Status503ServiceUnavailable);

    private static Ok<ModelList> List(EngineLoop engine, WeightsDigest weights, IOptions<LimitsOptions> limits)
    {
        ModelDescription model = engine.RequireModel();
        ModelResource resource = ModelResource.Of(model, limits.Value) with { WeightsSha256 = weights.Of(model) };
        return TypedResults.Ok(new ModelList { Data = [resource] });
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
