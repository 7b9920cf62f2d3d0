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
        // The exception's translation, or what the framework's bare status means.
        ApiException error =
            http.Features.Get<ApiException>()
            ?? new ApiException(
                ProblemKind.OfStatus(http.Response.StatusCode) ?? ProblemKind.Internal,
                context.ProblemDetails.Detail ?? ""
            );
        var problem = Problem.Of(http, error);
        http.Response.StatusCode = problem.Status;
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsJsonAsync(problem, ApiJson.Options, "application/problem+json", http.RequestAborted);
    }

    /// <summary>The id that joins an answer to the log.</summary>
    public static string TraceId(HttpContext http) => Activity.Current?.TraceId.ToString() ?? http.TraceIdentifier;
}
