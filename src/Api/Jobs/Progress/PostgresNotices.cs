using System.Diagnostics;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs.Storage.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace InstructDiffusion.Api.Jobs.Progress;

/// <summary>
/// Carries notices between servers by NOTIFY and LISTEN. A connection that is lost is made anew; what was told meanwhile is
/// found in the store by whoever waits for it. Keeps the clock and the tables under watch as well.
/// </summary>
internal sealed class PostgresNotices(
    PostgresProgressBus bus,
    PostgresDatabase database,
    IOptions<JobsOptions> options,
    ILogger<PostgresNotices> logger
) : BackgroundService
{
    // All that is told within this time goes together: every sending waits for a lock of the whole database. Not the server's
    // clock, which tests hold still: nothing is measured here.
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan UnavailableWait = TimeSpan.FromSeconds(1);

    private bool _isAway;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Value.Enabled
            ? Task.WhenAll(AgainAndAgainAsync(SendAsync, stoppingToken), AgainAndAgainAsync(ListenAsync, stoppingToken))
            : Task.CompletedTask;

    private async Task AgainAndAgainAsync(Func<CancellationToken, Task> work, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                await work(stopping);
            }
            catch (Exception error) when (!stopping.IsCancellationRequested)
            {
                Lost(error);
            }
            await Task.Delay(UnavailableWait, stopping);
        }
    }

    private async Task SendAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Breath);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            if (bus.TakeOutgoing() is { Count: > 0 } texts)
            {
                await database.WriteAsync(session => NotifyAsync(session, texts), stopping);
            }
        }
    }

    private async Task<int> NotifyAsync(PostgresSession session, IReadOnlyList<string> texts)
    {
        // A notice need not survive a crash of the database, so nobody waits for the disk.
        await session.ExecuteAsync("SET LOCAL synchronous_commit TO OFF");
        await session.QueryAsync(
            "SELECT pg_notify(@channel, text) FROM unnest(@texts) AS text",
            _ => 0,
            ("@channel", database.Settings.Channel),
            ("@texts", texts.ToArray())
        );
        return texts.Count;
    }

    private async Task ListenAsync(CancellationToken stopping)
    {
        await using var connection = new NpgsqlConnection(database.Settings.Listening);
        await connection.OpenAsync(stopping);
        connection.Notification += (_, told) => bus.Receive(told.Payload);
        await using NpgsqlCommand listen = connection.CreateCommand();
        listen.CommandText = $"LISTEN \"{database.Settings.Channel}\"";
        await listen.ExecuteNonQueryAsync(stopping);
        while (true)
        {
            await database.CheckAsync(stopping);
            Found();
            await HearAsync(connection, stopping);
            // A connection that is silent may be dead: this finds out, in the time of a command.
            await listen.ExecuteNonQueryAsync(stopping);
        }
    }

    private static async Task HearAsync(NpgsqlConnection connection, CancellationToken stopping)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan left;
        while ((left = CheckInterval - Stopwatch.GetElapsedTime(start)) > TimeSpan.Zero)
        {
            await connection.WaitAsync(left, stopping);
        }
    }

    private void Lost(Exception error)
    {
        if (PostgresErrors.Unavailable(error) is not { } reason)
        {
            logger.HousekeepingFaulted(error);
        }
        else if (!_isAway)
        {
            _isAway = true;
            logger.NoticesLost(reason);
        }
    }

    private void Found()
    {
        if (_isAway)
        {
            _isAway = false;
            logger.NoticesFound();
        }
    }
}
