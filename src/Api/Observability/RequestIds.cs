using System.Buffers;
using System.Diagnostics;
using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.Observability;

/// <summary>
/// Gives every request an id, and every answer the header <c>X-Request-Id</c> with it. A client may bring its own; what is too
/// long, or could not stand in a log line as it is, is replaced.
/// </summary>
internal sealed class RequestIds(RequestDelegate next)
{
    public const string Header = "X-Request-Id";

    private const int Longest = 128;

    private static readonly SearchValues<char> Allowed = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+="
    );

    public Task InvokeAsync(HttpContext http)
    {
        string id = Usable(http.Request.Headers[Header]) ?? ProblemWriter.TraceId(http);
        http.TraceIdentifier = id;
        Activity.Current?.SetTag("idiff.request.id", id);
        // Error handling clears the headers that are set before it.
        http.Response.OnStarting(() =>
        {
            http.Response.Headers[Header] = id;
            return Task.CompletedTask;
        });
        return next(http);
    }

    private static string? Usable(string? id) =>
        id is { Length: > 0 and <= Longest } && !id.AsSpan().ContainsAnyExcept(Allowed) ? id : null;
}
