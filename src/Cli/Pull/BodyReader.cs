namespace InstructDiffusion.Cli.Pull;

/// <summary>Reads an answer's body with a bound on its size and on silence.</summary>
internal static class BodyReader
{
    /// <summary>A connection that sends nothing for so long is dead.</summary>
    public static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(60);

    private const int BufferSize = 256 * 1024;

    /// <param name="response">The answer.</param>
    /// <param name="write">Takes each piece.</param>
    /// <param name="maxBytes">Most bytes accepted.</param>
    /// <param name="stallTimeout">Longest silence accepted.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="HubException">The connection broke or stalled (transient), or the body is larger than allowed.</exception>
    public static async Task CopyAsync(
        HubResponse response,
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write,
        long maxBytes,
        TimeSpan stallTimeout,
        CancellationToken cancellationToken
    )
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(stallTimeout);
        byte[] buffer = new byte[BufferSize];
        long total = 0;
        await using Stream body = await response.OpenBodyAsync(cancellationToken);
        while (true)
        {
            int count;
            try
            {
                count = await body.ReadAsync(buffer, patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new HubException($"No data for {stallTimeout.TotalSeconds:0} s") { IsTransient = true };
            }
            catch (Exception failure) when (failure is IOException or HttpRequestException)
            {
                throw new HubException("The connection broke", failure) { IsTransient = true };
            }
            if (count == 0)
            {
                return;
            }
            total += count;
            if (total > maxBytes)
            {
                throw new HubException($"The hub sends more than the {maxBytes} bytes expected: refused");
            }
            await write(buffer.AsMemory(0, count), cancellationToken);
            patience.CancelAfter(stallTimeout);
        }
    }
}
