using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;

namespace InstructDiffusion.Api.Errors;

/// <summary>
/// Writes every problem, ours and the framework's, in one form (RFC 9457). The framework's own writer stays silent when the
/// client accepts only pictures; a client is better served by an error it did not ask for than by none.
/// </summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        HttpContext http = context.HttpContext;
        ProblemDetails problem = context.ProblemDetails;
        problem.Status ??= http.Response.StatusCode;
        if (!problem.Extensions.ContainsKey("code") && ProblemKind.OfStatus(problem.Status.Value) is { } kind)
        {
            problem.Type = kind.Type;
            problem.Title = kind.Title;
            problem.Extensions["code"] = kind.Code;
        }
        problem.Instance ??= http.Request.Path;
        problem.Extensions["traceId"] = TraceId(http);
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsJsonAsync(problem, Json, "application/problem+json", http.RequestAborted);
    }

    /// <summary>The id that joins an answer to the log.</summary>
    public static string TraceId(HttpContext http) => Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;

    private static JsonSerializerOptions Json => ApiJson.Options;
}
