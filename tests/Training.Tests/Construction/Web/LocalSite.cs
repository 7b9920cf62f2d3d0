using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Training.Tests.Construction.Web;

/// <summary>A web site on this machine, with as many host names as a test likes. Without a route, it answers 404.</summary>
internal sealed class LocalSite : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<string> _asked = new();
    private readonly ConcurrentDictionary<string, RequestDelegate> _routes = new(StringComparer.Ordinal);

    private LocalSite(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <summary>Hosts and paths that were asked for, in their order, robots.txt left out.</summary>
    public IReadOnlyList<string> Asked =>
        [.. _asked.Where(asked => !asked.EndsWith("/robots.txt", StringComparison.Ordinal))];

    /// <summary>The same with robots.txt.</summary>
    public IReadOnlyList<string> AskedAtAll => [.. _asked];

    public static async Task<LocalSite> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        var site = new LocalSite(app);
        app.Run(site.AnswerAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return site;
    }

    public Uri Of(string path, string host = "site.test") => new($"http://{host}:{Port}{path}");

    /// <summary>Answers a path, on every host.</summary>
    public LocalSite With(string path, RequestDelegate answer)
    {
        _routes[path] = answer;
        return this;
    }

    public LocalSite With(string path, byte[] body, string type = "image/png") =>
        With(
            path,
            http =>
            {
                http.Response.ContentType = type;
                http.Response.ContentLength = body.Length;
                return http.Response.Body.WriteAsync(body).AsTask();
            }
        );

    public LocalSite With(string path, string text, string type = "text/plain") =>
        With(path, System.Text.Encoding.UTF8.GetBytes(text), type);

    public LocalSite WithRedirect(string path, string location) =>
        With(
            path,
            http =>
            {
                http.Response.StatusCode = StatusCodes.Status302Found;
                http.Response.Headers.Location = location;
                return Task.CompletedTask;
            }
        );

    /// <summary>Every name is this site's, but two: one of a private address, and one that nobody knows.</summary>
    public static Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        host switch
        {
            "inner.test" => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.0.0.7")]),
            "nobody.test" => throw new SocketException((int)SocketError.HostNotFound),
            _ => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
        };

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private Task AnswerAsync(HttpContext http)
    {
        string path = http.Request.Path.Value ?? "";
        _asked.Enqueue($"{http.Request.Host.Host}{path}");
        if (_routes.TryGetValue(path, out RequestDelegate? answer))
        {
            return answer(http);
        }
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
