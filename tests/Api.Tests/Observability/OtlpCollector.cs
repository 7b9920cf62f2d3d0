using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Api.Tests.Observability;

/// <summary>Takes what is exported by OTLP over HTTP, as a collector would.</summary>
internal sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _server;
    private readonly ConcurrentQueue<(string Path, string Body)> _received = new();

    private OtlpCollector()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _server = builder.Build();
        _server.Urls.Add("http://127.0.0.1:0");
        _server.MapPost(
            "/v1/{signal}",
            async (Microsoft.AspNetCore.Http.HttpContext http) =>
            {
                using var body = new MemoryStream();
                await http.Request.Body.CopyToAsync(body, http.RequestAborted);
                _received.Enqueue((http.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
            }
        );
    }

    /// <summary>Where it listens.</summary>
    public string Address =>
        _server
            .Services.GetRequiredService<IServer>()
            .Features.GetRequiredFeature<IServerAddressesFeature>()
            .Addresses.Single();

    public static async Task<OtlpCollector> StartAsync()
    {
        var collector = new OtlpCollector();
        await collector._server.StartAsync(TestContext.Current.CancellationToken);
        return collector;
    }

    /// <summary>Everything that came to this path, protobuf with its names in plain sight.</summary>
    public string Received(string path) =>
        string.Concat(_received.Where(one => one.Path.Equals(path, StringComparison.Ordinal)).Select(one => one.Body));

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
