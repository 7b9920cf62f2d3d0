using System.Net.Sockets;
using System.Text;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Streaming;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Streaming;

/// <summary>A server of nothing but one stream, on a real socket, with a clock that the test moves.</summary>
internal sealed class StreamServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StreamServer(WebApplication app) => _app = app;

    public FakeTimeProvider Time { get; private init; } = new();

    public LogCollector Logs { get; private init; } = new();

    public Uri Address => new(_app.Urls.Single());

    public EventStreams Streams => _app.Services.GetRequiredService<EventStreams>();

    public static async Task<StreamServer> StartAsync(
        Func<SseWriter, CancellationToken, Task> produce,
        bool isResumable = true,
        LimitsOptions? limits = null
    )
    {
        var time = new FakeTimeProvider();
        var logs = new LogCollector();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders().AddProvider(logs);
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton(Options.Create(limits ?? new LimitsOptions()));
        builder.Services.AddSingleton<EventStreams>();
        WebApplication app = builder.Build();
        app.MapGet(
            "/",
            (Microsoft.AspNetCore.Http.HttpContext http, EventStreams streams) =>
                streams.RunAsync(http, isResumable, produce)
        );
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new StreamServer(app) { Time = time, Logs = logs };
    }

    public HttpClient NewClient() => new() { BaseAddress = Address, Timeout = ApiApplication.Patience };

    /// <summary>A client that asks for the stream and never reads, with a small window.</summary>
    public async Task<Socket> ConnectDeafClientAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(Address.Host, Address.Port, TestContext.Current.CancellationToken);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
            TestContext.Current.CancellationToken
        );
        return socket;
    }

    /// <summary>Begins the shutdown.</summary>
    public void Stop() => _app.Lifetime.StopApplication();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
