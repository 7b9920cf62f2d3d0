using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Api.Tests.Security;

/// <summary>A web server that plays the internet, on a loopback address of the test's choice; it notes who calls.</summary>
internal sealed class PictureHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<HttpRequestNote> _requests = new();

    private PictureHost(WebApplication app) => _app = app;

    public int Port => new Uri(_app.Urls.Single()).Port;

    /// <summary>The requests that came.</summary>
    public IReadOnlyList<HttpRequestNote> Requests => [.. _requests];

    public static async Task<PictureHost> StartAsync(RequestDelegate answer, string address = "127.0.0.1", int port = 0)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Parse(address), port));
        WebApplication app = builder.Build();
        var host = new PictureHost(app);
        app.Run(http =>
        {
            host._requests.Enqueue(
                new HttpRequestNote(
                    http.Request.Host.Value ?? "",
                    [.. http.Request.Headers.Select(header => header.Key)]
                )
            );
            return answer(http);
        });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

/// <summary>What a request said.</summary>
internal sealed record HttpRequestNote(string Host, IReadOnlyList<string> Headers);
