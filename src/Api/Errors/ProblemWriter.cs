using System.Diagnostics;

namespace InstructDiffusion.Api.Errors;

/// <summary>
/// Writes every problem, ours and the framework's, in one form. The framework's own writer stays silent when the client
/// accepts only pictures; a client is better served by an error in a format it did not ask for than by none.
/// </summary>
internal sealed class ProblemWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => true;

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        HttpContext http = context.HttpContext;
        var problem = Problem.Of(http, ErrorOf(context));
        http.Response.StatusCode = problem.Status;
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsJsonAsync(problem, ApiJson.Options, "application/problem+json", http.RequestAborted);
    }

    /// <summary>The exception's translation, or what the framework's bare status means.</summary>
    public static ApiException ErrorOf(ProblemDetailsContext context) =>
        context.HttpContext.Features.Get<ApiException>()
        ?? new ApiException(
            ProblemKind.OfStatus(context.HttpContext.Response.StatusCode) ?? ProblemKind.Internal,
            context.ProblemDetails.Detail ?? ""
        );

    /// <summary>The id that joins an answer to the log.</summary>
    public static string TraceId(HttpContext http) => Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;
}
