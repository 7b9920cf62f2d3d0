using InstructDiffusion.Api.Configuration;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Streaming;

/// <summary>
/// Answers requests with streams of server-sent events: heartbeats keep proxies from cutting them, a client that does not read
/// is dropped, and the server's end ends them.
/// </summary>
internal sealed class EventStreams(
    TimeProvider time,
    IHostApplicationLifetime life,
    IOptions<LimitsOptions> limits,
    ILogger<EventStreams> logger
)
{
    /// <summary>A proxy cuts a connection that is silent for long, nginx after 60 s.</summary>
    public static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(15);

    private int _open;

    /// <summary>Streams open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>
    /// Answers one request. Returns when <paramref name="produce"/> has, and all it sent is written, or when the client is gone.
    /// </summary>
    /// <param name="http">A request that was not answered yet.</param>
    /// <param name="isResumable">
    /// The client can come back and miss nothing: the stream begins with a <c>retry:</c> line, and ends at the server's shutdown
    /// with <c>event: reconnect</c>. Otherwise neither: shutdown waits for what the stream is about.
    /// </param>
    /// <param name="produce">
    /// Sends the events. Its token is cancelled when there is nobody to send to any more; what it then throws for that is
    /// swallowed. Other exceptions cut the connection: say what went wrong in an event instead.
    /// </param>
    public async Task RunAsync(HttpContext http, bool isResumable, Func<SseWriter, CancellationToken, Task> produce)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        using var writer = new SseWriter(http, time, limits.Value, logger);
        Interlocked.Increment(ref _open);
        try
        {
            await RunAsync(writer, isResumable, produce);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }

    private async Task RunAsync(SseWriter writer, bool isResumable, Func<SseWriter, CancellationToken, Task> produce)
    {
        await using ITimer heartbeat = time.CreateTimer(_ => writer.Beat(), null, HeartbeatInterval, HeartbeatInterval);
        if (isResumable)
        {
            writer.AskForRetry();
        }
        using CancellationTokenRegistration stopping = isResumable
            ? life.ApplicationStopping.Register(writer.EndWithReconnect)
            : default;
        Task pump = writer.PumpAsync();
        try
        {
            await produce(writer, writer.Ended);
        }
        catch (OperationCanceledException) when (writer.Ended.IsCancellationRequested)
        {
            // There is nobody to tell.
        }
        finally
        {
            writer.Complete();
            await pump;
        }
    }
}
