using System.Globalization;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using Microsoft.AspNetCore.Diagnostics;

namespace InstructDiffusion.Api.Errors;

/// <summary>Turns whatever a request threw into the problem that its client reads.</summary>
internal sealed class ExceptionProblems(
    IProblemDetailsService problems,
    EngineLoop engine,
    ILogger<ExceptionProblems> logger
) : IExceptionHandler
{
    // Before any step was measured, and while the model loads: short enough to be tried again, long enough not to flood.
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(120);

    public async ValueTask<bool> TryHandleAsync(
        HttpContext http,
        Exception exception,
        CancellationToken cancellationToken
    )
    {
        ApiException error = Note(http, exception);
        http.Response.StatusCode = error.Kind.Status;
        if (error.Kind == ProblemKind.ClientClosed)
        {
            return true;
        }
        if (error.RetryAfter is { } wait)
        {
            double seconds = Math.Ceiling(Math.Clamp(wait.TotalSeconds, 1, LongestWait.TotalSeconds));
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }
        // The rest of the body is not read, so the connection is of no more use.
        if (error.Kind == ProblemKind.UploadTooSlow)
        {
            http.Response.Headers.Connection = "close";
        }
        return await problems.TryWriteAsync(new ProblemDetailsContext { HttpContext = http, Exception = exception });
    }

    /// <summary>The problem that an exception is to the client; noted for the log of requests, and an error of ours in the server's.</summary>
    public ApiException Note(HttpContext http, Exception exception)
    {
        ApiException error = Translate(http, exception);
        if (error.Kind.Status == StatusCodes.Status500InternalServerError)
        {
            logger.RequestFailed(exception, error.Kind.Code);
        }
        http.Features.Set(error);
        return error;
    }

    private ApiException Translate(HttpContext http, Exception exception) =>
        exception switch
        {
            _ when http.RequestAborted.IsCancellationRequested => new ApiException(ProblemKind.ClientClosed, ""),
            QueueFullException full => new ApiException(ProblemKind.QueueFull, full.Message)
            {
                RetryAfter = engine.TimeUntilPlacesFree ?? DefaultWait,
            },
            _ => Of(exception),
        };

    /// <summary>The problem that an exception means.</summary>
    public static ApiException Of(Exception exception) =>
        exception switch
        {
            ApiException known => known,
            JobsUnavailableException away => new ApiException(ProblemKind.JobsUnavailable, away.Message)
            {
                RetryAfter = DefaultWait,
            },
            BadHttpRequestException bad => Translate(bad),
            InvalidEditException invalid => Invalid(invalid),
            EngineUnavailableException unavailable => new ApiException(ProblemKind.NotReady, unavailable.Message)
            {
                RetryAfter = DefaultWait,
            },
            NonFiniteImageException nan => new ApiException(ProblemKind.NonFiniteImage, nan.Message),
            _ => new ApiException(ProblemKind.Internal, "The server's log says more under this traceId."),
        };

    private static ApiException Translate(BadHttpRequestException bad) =>
        bad.StatusCode switch
        {
            StatusCodes.Status413PayloadTooLarge => new ApiException(ProblemKind.BodyTooLarge, bad.Message),
            StatusCodes.Status408RequestTimeout => new ApiException(ProblemKind.UploadTooSlow, bad.Message),
            _ => new ApiException(ProblemKind.OfStatus(bad.StatusCode) ?? ProblemKind.BadRequest, bad.Message),
        };

    private static ApiException Invalid(InvalidEditException invalid) =>
        new(ProblemKind.InvalidParameter, $"{invalid.Parameter}: {invalid.Reason}", invalid.Parameter)
        {
            Errors = new Dictionary<string, string[]> { [invalid.Parameter] = [invalid.Reason] },
        };
}
