using System.Threading.Channels;
using InstructDiffusion.Api.Configuration;

namespace InstructDiffusion.Api.Streaming;

/// <summary>
/// One client's end of a stream of events. Any thread may send, the engine's too: sending never waits for the client. What the
/// client has not taken yet is bounded in bytes; a client that lets more wait, or takes nothing for too long, is dropped.
/// </summary>
internal sealed class SseWriter : IDisposable
{
    // What must get through within one stall: with the default of 30 s about 1 kB/s.
    private const int ChunkBytes = 32 * 1024;
    private static readonly byte[] Heartbeat = ": heartbeat\n\n"u8.ToArray();
    private static readonly byte[] Retry = "retry: 3000\n\n"u8.ToArray();
    private static readonly byte[] Reconnect = "event: reconnect\ndata: {}\n\n"u8.ToArray();

    private readonly Channel<Message> _messages = Channel.CreateUnbounded<Message>(
        new UnboundedChannelOptions { SingleReader = true }
    );
    private readonly HttpContext _http;
    private readonly TimeProvider _time;
    private readonly int _maxWaiting;
    private readonly TimeSpan _longestStall;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _gone;
    private readonly CancellationTokenSource _ended;
    private readonly Lock _lock = new();
    private bool _isDisposed;
    private long _waiting;

    public SseWriter(HttpContext http, TimeProvider time, LimitsOptions limits, ILogger logger)
    {
        _http = http;
        _time = time;
        _maxWaiting = limits.StreamBufferBytes;
        _longestStall = TimeSpan.FromSeconds(limits.StreamStallSeconds);
        _logger = logger;
        _gone = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        _ended = CancellationTokenSource.CreateLinkedTokenSource(_gone.Token);
        // Read once: the source may be disposed of when a late sender asks.
        Ended = _ended.Token;
    }

    /// <summary>Cancelled when there is nobody to send to any more.</summary>
    public CancellationToken Ended { get; }

    /// <summary>
    /// Sends an event without waiting. False when there is nobody to send to any more; never throws for that. An event of any
    /// size is taken while what waits before it is within the bound.
    /// </summary>
    public bool TrySend(SseEvent sent) => TrySend(sent.ToBytes(), written: null);

    /// <summary>Sends an event and waits until the connection has taken it: for long histories, which no buffer holds.</summary>
    /// <exception cref="OperationCanceledException">There is nobody to send to any more.</exception>
    public Task SendAsync(SseEvent sent)
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return TrySend(sent.ToBytes(), written)
            ? written.Task.WaitAsync(Ended)
            : Task.FromCanceled(new CancellationToken(canceled: true));
    }

    /// <summary>Sends a comment if nothing else is on its way.</summary>
    internal void Beat()
    {
        if (Interlocked.Read(ref _waiting) == 0)
        {
            TrySend(Heartbeat, written: null);
        }
    }

    /// <summary>Tells the client how long to wait before it comes back.</summary>
    internal void AskForRetry() => TrySend(Retry, written: null);

    /// <summary>The server stops: the client is asked to come back, to whoever serves then.</summary>
    internal void EndWithReconnect()
    {
        TrySend(Reconnect, written: null);
        Complete();
        _ = _ended.CancelAsync();
    }

    /// <summary>No more is sent; what waits is still written.</summary>
    internal void Complete() => _messages.Writer.TryComplete();

    /// <summary>Writes what is sent until <see cref="Complete"/> or until the client is gone. Never throws.</summary>
    internal async Task PumpAsync()
    {
        try
        {
            // The client learns at once that it is listened to.
            await _http.Response.Body.FlushAsync(_gone.Token);
            await foreach (Message message in _messages.Reader.ReadAllAsync(_gone.Token))
            {
                await WriteAsync(message.Bytes);
                Interlocked.Add(ref _waiting, -message.Bytes.Length);
                message.Written?.TrySetResult();
            }
            _gone.Token.ThrowIfCancellationRequested();
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The client is gone, by its will or ours. What it was sent is not whole, and must not look so.
            _http.Abort();
        }
        finally
        {
            Complete();
            await _ended.CancelAsync();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _ended.Dispose();
            _gone.Dispose();
        }
    }

    private bool TrySend(byte[] bytes, TaskCompletionSource? written)
    {
        long before = Interlocked.Add(ref _waiting, bytes.Length) - bytes.Length;
        if (before > _maxWaiting)
        {
            Drop("let too much wait");
            return false;
        }
        return _messages.Writer.TryWrite(new Message(bytes, written));
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        for (int start = 0; start < bytes.Length; start += ChunkBytes)
        {
            ReadOnlyMemory<byte> chunk = bytes[start..Math.Min(start + ChunkBytes, bytes.Length)];
            using var clock = new CancellationTokenSource(_longestStall, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, _gone.Token);
            try
            {
                await _http.Response.Body.WriteAsync(chunk, either.Token);
                await _http.Response.Body.FlushAsync(either.Token);
            }
            catch (OperationCanceledException) when (clock.IsCancellationRequested)
            {
                Drop("took nothing for too long");
                throw;
            }
        }
    }

    // A late sender may come when the stream is over, and may be the engine's thread: no continuation may run on it.
    private void Drop(string reason)
    {
        lock (_lock)
        {
            if (_messages.Writer.TryComplete() && !_isDisposed)
            {
                _logger.ClientDropped(reason);
                _ = _gone.CancelAsync();
            }
        }
    }

    private readonly record struct Message(byte[] Bytes, TaskCompletionSource? Written);
}
