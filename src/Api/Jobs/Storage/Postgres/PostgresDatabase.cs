using Npgsql;

namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>
/// The shared database: connections, transactions, and what to make of errors. Nothing is connected before the first call;
/// the first that succeeds brings the tables up to date. When the database was away, the next call finds out whether it is back.
/// </summary>
internal sealed class PostgresDatabase : IDisposable
{
    // Calls that were in each other's way, before it is said to be busy.
    private const int MostAttempts = 4;

    private readonly NpgsqlDataSource _source;
    private readonly PostgresMigrations _migrations;
    private readonly JobClock? _sharedClock;
    private readonly SemaphoreSlim _migrating = new(1);
    private volatile bool _isReady;

    /// <summary>Touches nothing yet.</summary>
    /// <param name="settings">How to reach it.</param>
    /// <param name="availability">Is told of successes and failures.</param>
    /// <param name="steps">What the tables should be.</param>
    /// <param name="sharedClock">A clock to keep in step with the database's; null for none.</param>
    public PostgresDatabase(
        PostgresSettings settings,
        StoreAvailability availability,
        IReadOnlyList<PostgresStep> steps,
        JobClock? sharedClock
    )
    {
        Settings = settings;
        Availability = availability;
        _sharedClock = sharedClock;
        _source = NpgsqlDataSource.Create(settings.Connection);
        _migrations = new PostgresMigrations(settings.Schema, steps);
    }

    public PostgresSettings Settings { get; }

    public StoreAvailability Availability { get; }

    /// <summary>
    /// Makes a change in one transaction: durable on return, undone if <paramref name="work"/> throws. The work may be done
    /// more than once, each time from the beginning.
    /// </summary>
    /// <exception cref="JobsUnavailableException">
    /// The database cannot be used now. If it was lost while it was to say that the change is durable, the change may be.
    /// </exception>
    public Task<T> WriteAsync<T>(Func<PostgresSession, Task<T>> work, CancellationToken cancellationToken) =>
        TryAsync(
            async attempt =>
            {
                await using NpgsqlTransaction transaction = await attempt.Session.Connection.BeginTransactionAsync(
                    cancellationToken
                );
                T result = await work(attempt.Session);
                // From here on it may be done, so it is neither repeated nor given up; the command's timeout ends it.
                attempt.IsRepeatable = false;
                await transaction.CommitAsync(CancellationToken.None);
                return result;
            },
            cancellationToken
        );

    /// <summary>Reads: each statement sees one state of the database.</summary>
    /// <exception cref="JobsUnavailableException">The database cannot be used now.</exception>
    public Task<T> ReadAsync<T>(Func<PostgresSession, Task<T>> work, CancellationToken cancellationToken) =>
        TryAsync(attempt => work(attempt.Session), cancellationToken);

    /// <summary>Looks whether this program may still work on the tables, and at the database's clock.</summary>
    /// <exception cref="JobsUnavailableException">The database cannot be used now.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) =>
        ReadAsync(
            async session =>
            {
                await _migrations.TakenAsync(session);
                await AlignAsync(session);
                return 0;
            },
            cancellationToken
        );

    public void Dispose()
    {
        _source.Dispose();
        _migrating.Dispose();
    }

    private async Task<T> TryAsync<T>(Func<Attempt, Task<T>> work, CancellationToken cancellationToken)
    {
        for (int number = 1; ; number++)
        {
            var attempt = new Attempt();
            try
            {
                await using NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellationToken);
                attempt.Session = new PostgresSession(connection, cancellationToken);
                await ReadyAsync(attempt.Session);
                T result = await work(attempt);
                Availability.Succeeded();
                return result;
            }
            catch (Exception error)
                when (attempt.IsRepeatable && number < MostAttempts && IsWorthRepeating(error, number))
            {
                // Whoever was faster is done by now, or the next connection is a new one.
            }
            catch (Exception error) when (Failed(error) is { } reason)
            {
                throw new JobsUnavailableException(reason, error);
            }
        }
    }

    private bool IsWorthRepeating(Exception error, int number)
    {
        if (PostgresErrors.IsConflict(error))
        {
            return true;
        }
        if (number > 1 || !PostgresErrors.IsBroken(error))
        {
            return false;
        }
        // All connections of the pool are as old as this one.
        _source.Clear();
        return true;
    }

    private string? Failed(Exception error)
    {
        if (PostgresErrors.Unavailable(error) is not { } reason)
        {
            return null;
        }
        Availability.Failed();
        if (PostgresErrors.IsSchemaGone(error) || error is JobsUnavailableException)
        {
            // The tables are gone, or a newer program's: the next call looks, and makes them if need be.
            _isReady = false;
        }
        return reason;
    }

    private async Task ReadyAsync(PostgresSession session)
    {
        if (_isReady)
        {
            return;
        }
        await _migrating.WaitAsync(session.Cancel);
        try
        {
            if (!_isReady)
            {
                await _migrations.ApplyAsync(session.Connection, session.Cancel);
                await AlignAsync(session);
                _isReady = true;
            }
        }
        finally
        {
            _migrating.Release();
        }
    }

    private async Task AlignAsync(PostgresSession session)
    {
        if (_sharedClock is { } clock)
        {
            DateTimeOffset before = clock.Now;
            List<DateTimeOffset> shared = await session.QueryAsync(
                "SELECT clock_timestamp()",
                row => row.GetFieldValue<DateTimeOffset>(0)
            );
            clock.Align(shared[0], before);
        }
    }

    private sealed class Attempt
    {
        public PostgresSession Session { get; set; }

        /// <summary>Nothing has come of it yet.</summary>
        public bool IsRepeatable { get; set; } = true;
    }
}
