using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.Admin;

/// <summary>Refuses new work while the server drains. Whoever asks for what was accepted before is answered.</summary>
internal sealed class DrainGate(RequestDelegate next, Drain drain, ExceptionProblems problems)
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    public async Task InvokeAsync(HttpContext http)
    {
        if (drain.IsOn && WorkRoutes.IsWork(http))
        {
            var error = new ApiException(ProblemKind.NotReady, Drain.Reason) { RetryAfter = Wait };
            await problems.TryHandleAsync(http, error, http.RequestAborted);
            return;
        }
        await next(http);
    }
}
