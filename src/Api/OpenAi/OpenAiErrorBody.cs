using System.Text.Json.Serialization;
using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>An error's body as OpenAI's clients read it.</summary>
internal sealed record OpenAiErrorBody
{
    public required OpenAiError Error { get; init; }

    /// <summary>The body that tells of an error; of a stream, the data of its <c>error</c> event.</summary>
    public static OpenAiErrorBody Of(ApiException error) =>
        new()
        {
            Error = new OpenAiError
            {
                Message = error.Message.Length == 0 ? error.Kind.Title : error.Message,
                Type = error.Kind.Status switch
                {
                    StatusCodes.Status429TooManyRequests => "rate_limit_error",
                    >= StatusCodes.Status500InternalServerError => "server_error",
                    _ => "invalid_request_error",
                },
                Param = error.Parameter,
                Code = error.Kind.Code,
            },
        };
}

/// <summary>The error itself. All four members are always there.</summary>
internal sealed record OpenAiError
{
    /// <summary>What is wrong this time.</summary>
    public required string Message { get; init; }

    /// <summary><c>invalid_request_error</c>, <c>rate_limit_error</c> or <c>server_error</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The field to blame; null when none is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required string? Param { get; init; }

    /// <summary>The kind of problem, the same as in a problem's <c>code</c> on the other routes.</summary>
    public required string Code { get; init; }
}
