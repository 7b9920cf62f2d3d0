using System.Globalization;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using Microsoft.AspNetCore.Diagnostics;

namespace InstructDiffusion.Api.Errors;

/// <summary>Turns whatever a request threw into the problem that its client reads.</summary>
internal sealed class ExceptionProblems(IProblemDetailsService problems, ILogger<ExceptionProblems> logger)
    : IExceptionHandler
{
    // While the model loads or the engine is silent: short enough to be tried again, long enough not to flood.
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
            double seconds = Math.Clamp(wait.TotalSeconds, 1, LongestWait.TotalSeconds);
            http.Response.Headers.RetryAfter = Math.Ceiling(seconds).ToString(CultureInfo.InvariantCulture);
            // OpenAI's clients read these before Retry-After and before the status.
            http.Response.Headers["retry-after-ms"] = Math.Ceiling(seconds * 1000)
                .ToString(CultureInfo.InvariantCulture);
        }
        if (error.IsWorthRetrying is { } worth)
        {
            // What the SDKs of OpenAI obey before they look at the status.
            http.Response.Headers["x-should-retry"] = worth ? "true" : "false";
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

    private static ApiException Translate(HttpContext http, Exception exception) =>
        http.RequestAborted.IsCancellationRequested ? new ApiException(ProblemKind.ClientClosed, "") : Of(exception);

    /// <summary>The problem that an exception means.</summary>
    public static ApiException Of(Exception exception) =>
        exception switch
        {
            ApiException known => known,
            BadHttpRequestException bad => Translate(bad),
            InvalidEditException invalid => Invalid(invalid),
            QueueFullException full => new ApiException(ProblemKind.QueueFull, full.Message)
            {
                RetryAfter = full.RetryAfter,
            },
            DeadlineExceededException late => new ApiException(
                late.HasStarted ? ProblemKind.DeadlineRunning : ProblemKind.DeadlineBeforeStart,
                late.Message
            ),
            TooLargeForMemoryException large => new ApiException(ProblemKind.TooLargeForMemory, large.Message),
            QuarantinedException held => new ApiException(ProblemKind.Quarantined, held.Message),
            BrokenEditException => new ApiException(
                ProblemKind.Internal,
                "The edit broke in the engine, and most likely would again. The server's log says more under this traceId."
            )
            {
                ShouldRetry = false,
            },
            EngineStalledException silent => new ApiException(ProblemKind.EngineStalled, silent.Message)
            {
                RetryAfter = DefaultWait,
            },
            JobsUnavailableException away => new ApiException(ProblemKind.JobsUnavailable, away.Message)
            {
                RetryAfter = DefaultWait,
            },
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
