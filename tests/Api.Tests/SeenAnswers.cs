using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace InstructDiffusion.Api.Tests;

/// <summary>
/// Notes the status of every answer that any server of this test run has given, so that the OpenAPI document can be held against
/// them when the run is over.
/// </summary>
internal sealed class SeenAnswers : IStartupFilter
{
    private static readonly ConcurrentDictionary<(string Method, string Path, int Status), int> Counts = new();

    /// <summary>How many answers there were.</summary>
    public static int Total => Counts.Values.Sum();

    /// <summary>True when a request to an address of this template, such as <c>/v1/models/{id}</c>, was answered so.</summary>
    public static bool Any(string method, string template, int status) =>
        Counts.Keys.Any(seen =>
            seen.Status == status
            && seen.Method.Equals(method, StringComparison.OrdinalIgnoreCase)
            && Matches(template, seen.Path)
        );

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
        app =>
        {
            app.Use(
                async (http, rest) =>
                {
                    await rest(http);
                    if (!http.RequestAborted.IsCancellationRequested)
                    {
                        Counts.AddOrUpdate(
                            (http.Request.Method, http.Request.Path.Value ?? "", http.Response.StatusCode),
                            1,
                            (_, count) => count + 1
                        );
                    }
                }
            );
            next(app);
        };

    private static bool Matches(string template, string path)
    {
        string[] expected = template.Split('/');
        string[] given = path.Split('/');
        return expected.Length == given.Length
            && expected
                .Zip(given)
                .All(pair => pair.First.StartsWith('{') || pair.First.Equals(pair.Second, StringComparison.Ordinal));
    }
}
