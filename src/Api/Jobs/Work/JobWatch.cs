using System.Threading.Channels;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Storage;

namespace InstructDiffusion.Api.Jobs.Work;

/// <summary>Waits for something to become of a job.</summary>
internal sealed class JobWatch(IJobStore store, IProgressBus bus, IHostApplicationLifetime life, TimeProvider time)
{
    // For what the bus did not tell.
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    // Steps can come faster than anyone wants to read of them.
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until a condition holds, or the time is over.</summary>
    /// <param name="caller">Whose job.</param>
    /// <param name="id">Which.</param>
    /// <param name="until">The condition; looked at after anything has happened.</param>
    /// <param name="atMost">How long to wait; null for as long as it takes.</param>
    /// <param name="endsAtShutdown">The time is over, too, when the server stops.</param>
    /// <param name="cancellationToken">Ends the waiting with an exception.</param>
    /// <returns>The job as it is then; null if it is not there, or not any more.</returns>
    public async Task<Job?> WaitAsync(
        string caller,
        string id,
        Func<Job, ValueTask<bool>> until,
        TimeSpan? atMost,
        bool endsAtShutdown,
        CancellationToken cancellationToken
    )
    {
        Channel<bool> news = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
        );
        using IDisposable listening = bus.Subscribe(id, _ => news.Writer.TryWrite(true));
        using var clock = new CancellationTokenSource(atMost ?? Timeout.InfiniteTimeSpan, time);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(
            clock.Token,
            endsAtShutdown ? life.ApplicationStopping : CancellationToken.None
        );
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, cancellationToken);
        while (true)
        {
            Job? job = await store.FindAsync(caller, id, cancellationToken);
            if (job is null || enough.IsCancellationRequested || await until(job))
            {
                return job;
            }
            await NewsAsync(news.Reader, either.Token);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static async Task NewsAsync(ChannelReader<bool> news, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Breath, cancellationToken);
            await news.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(Look, cancellationToken);
            news.TryRead(out _);
        }
        catch (Exception end) when (end is TimeoutException or OperationCanceledException)
        {
            // Time to look.
        }
    }
}
