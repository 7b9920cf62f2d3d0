using System.Text.Json.Serialization;

namespace InstructDiffusion.Api.Errors;

/// <summary>An error as every route answers it: problem details (RFC 9457) with our members.</summary>
internal sealed record Problem
{
    /// <summary>An address on this server that explains the kind of problem.</summary>
    public required string Type { get; init; }

    /// <summary>The kind of problem, in words.</summary>
    public required string Title { get; init; }

    /// <summary>HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What is wrong this time.</summary>
    public string? Detail { get; init; }

    /// <summary>The path that was asked for.</summary>
    public required string Instance { get; init; }

    /// <summary>The kind of problem, for programs; see the list in docs/api.md.</summary>
    public required string Code { get; init; }

    /// <summary>The (first) field to blame.</summary>
    public string? Param { get; init; }

    /// <summary>Every field to blame, with the reasons.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>Id of this request in the server's log.</summary>
    [JsonPropertyName("traceId")] // as ASP.NET Core spells it
    public required string TraceId { get; init; }

    /// <summary>What the client of this request is told.</summary>
    public static Problem Of(HttpContext http, ApiException error) =>
        new()
        {
            Type = error.Kind.Type,
            Title = error.Kind.Title,
            Status = error.Kind.Status,
            Detail = error.Message.Length == 0 ? null : error.Message,
            Instance = http.Request.Path,
            Code = error.Kind.Code,
            Param = error.Parameter,
            Errors = error.Errors.Count == 0 ? null : error.Errors,
            TraceId = ProblemWriter.TraceId(http),
        };
}
