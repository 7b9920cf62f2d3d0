using System.Diagnostics;
using System.Globalization;
using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>Adds the headers that OpenAI's clients show: <c>x-request-id</c> and <c>openai-processing-ms</c>.</summary>
internal sealed class OpenAiHeaders(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (OpenAiSetup.Speaks(http.Request.Path))
        {
            long start = Stopwatch.GetTimestamp();
            http.Response.OnStarting(() =>
            {
                IHeaderDictionary headers = http.Response.Headers;
                headers.TryAdd("x-request-id", ProblemWriter.TraceId(http));
                double elapsed = Math.Round(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                headers["openai-processing-ms"] = elapsed.ToString(CultureInfo.InvariantCulture);
                return Task.CompletedTask;
            });
        }
        return next(http);
    }
}
