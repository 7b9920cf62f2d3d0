using System.Text.Json;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace InstructDiffusion.Api.Routes;

/// <summary>GET /v1/tasks: what the model was trained to do, with instructions to try and values that work.</summary>
internal static class TaskRoutes
{
    private static readonly TaskList Example = new()
    {
        Model = "instruct-diffusion",
        Tasks =
        [
            new TaskResource
            {
                Name = "segmentation",
                Instructions = ["Place a blue mask on the cat."],
                TextGuidanceScale = 7.5,
                ImageGuidanceScale = 1.5,
                Steps = 100,
                Resolution = 512,
            },
        ],
    };

    public static void MapTasks(this IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/v1/tasks", List)
            .WithName("ListTasks")
            .WithSummary("What the model can do, with instructions to try")
            .WithTags("Models")
            .RequireCaller()
            .ProducesAProblem(StatusCodes.Status503ServiceUnavailable)
            .AddOpenApiOperationTransformer(DescribeAsync);

    private static Ok<TaskList> List(EngineLoop engine) => TypedResults.Ok(TaskList.Of(engine.RequireModel()));

    private static Task DescribeAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        operation.Description =
            "The kinds of task that the model was trained for. Send one of the instructions, or one like it, with the values beside "
            + "it; the model's own defaults suit no task in particular. Empty for the untrained reference model.";
        OpenApiMediaType answer = operation.Responses!["200"].Content!["application/json"];
        answer.Example = JsonSerializer.SerializeToNode(Example, ApiJson.Options);
        return Task.CompletedTask;
    }
}

/// <summary>The tasks of one model.</summary>
internal sealed record TaskList
{
    /// <summary>The model's name, as in GET /v1/models.</summary>
    public required string Model { get; init; }

    public required IReadOnlyList<TaskResource> Tasks { get; init; }

    public static TaskList Of(ModelDescription model) =>
        new() { Model = model.Name, Tasks = [.. model.Tasks.Select(TaskResource.Of)] };
}

/// <summary>One kind of task.</summary>
internal sealed record TaskResource
{
    /// <summary>For example <c>segmentation</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Instructions of this kind, to try.</summary>
    public required IReadOnlyList<string> Instructions { get; init; }

    public required double TextGuidanceScale { get; init; }
    public required double ImageGuidanceScale { get; init; }
    public required int Steps { get; init; }

    /// <summary>What to send as <c>size</c>.</summary>
    public required int Resolution { get; init; }

    public static TaskResource Of(TaskPreset preset) =>
        new()
        {
            Name = preset.Name,
            Instructions = preset.Instructions,
            TextGuidanceScale = preset.TextGuidanceScale,
            ImageGuidanceScale = preset.ImageGuidanceScale,
            Steps = preset.Steps,
            Resolution = preset.Resolution,
        };
}
