namespace InstructDiffusion.Api.Callers;

/// <summary>
/// Looks at the keys file every few seconds. Reading it anew is cheap, and sees what file-system events miss: mounted secrets
/// that are replaced by way of links, network shares.
/// </summary>
internal sealed class KeysFileWatch(KeyStore keys, TimeProvider time, ILogger<KeysFileWatch> logger) : BackgroundService
{
    /// <summary>How long a revoked key may live on.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private string? _complaint;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Reload();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private void Reload()
    {
        try
        {
            if (keys.Reload())
            {
                logger.KeysReloaded(keys.Ring.Count);
                _complaint = null;
            }
        }
        catch (Exception error) when (error is IOException or FormatException or UnauthorizedAccessException)
        {
            if (!error.Message.Equals(_complaint, StringComparison.Ordinal))
            {
                logger.KeysNotReloaded(error.Message);
            }
            _complaint = error.Message;
        }
    }
}
