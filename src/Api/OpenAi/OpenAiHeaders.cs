using System.Diagnostics;
using System.Globalization;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>Adds the header <c>openai-processing-ms</c> on OpenAI's addresses; its clients show it beside <c>x-request-id</c>.</summary>
internal sealed class OpenAiHeaders(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (OpenAiSetup.Speaks(http.Request.Path))
        {
            long start = Stopwatch.GetTimestamp();
            http.Response.OnStarting(() =>
            {
                double elapsed = Math.Round(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                http.Response.Headers["openai-processing-ms"] = elapsed.ToString(CultureInfo.InvariantCulture);
                return Task.CompletedTask;
            });
        }
        return next(http);
    }
}
