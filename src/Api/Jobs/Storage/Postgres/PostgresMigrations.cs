using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>
/// Brings a schema up to date. Any number of servers may do it at once, of any versions: one works, under a lock of the
/// database, and the others wait and find it done. All missing steps are one transaction.
/// </summary>
internal sealed class PostgresMigrations(string schema, IReadOnlyList<PostgresStep> steps)
{
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(30);

    /// <summary>Takes the steps that are missing.</summary>
    /// <returns>Steps taken.</returns>
    /// <exception cref="JobsUnavailableException">A newer program changed the tables so that this one cannot use them.</exception>
    public async Task<int> ApplyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var session = new PostgresSession(connection, cancellationToken);
        if (await IsThereAsync(session) && await TakenAsync(session) >= steps.Count)
        {
            return 0;
        }
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await session.ExecuteAsync(
            "SELECT set_config('statement_timeout', @most, true)",
            ("@most", ((long)LongestStep.TotalMilliseconds).ToString(CultureInfo.InvariantCulture))
        );
        await session.ExecuteAsync("SELECT pg_advisory_xact_lock(@key)", ("@key", LockOf($"migrations of {schema}")));
        await MakeAsync(session);
        int taken = await TakenAsync(session);
        for (int i = taken; i < steps.Count; i++)
        {
            await TakeAsync(session, i + 1, steps[i]);
        }
        await transaction.CommitAsync(CancellationToken.None);
        return Math.Max(0, steps.Count - taken);
    }

    /// <summary>Looks whether this program may still work on the tables.</summary>
    /// <returns>Steps that were taken, also those that it does not know.</returns>
    /// <exception cref="JobsUnavailableException">It may not.</exception>
    public async Task<int> TakenAsync(PostgresSession session)
    {
        (int version, int needs) = (
            await session.QueryAsync(
                $"SELECT COALESCE(MAX(version), 0), COALESCE(MAX(needs), 0) FROM {schema}.migrations",
                row => (row.GetInt32(0), row.GetInt32(1))
            )
        ).Single();
        return needs <= steps.Count
            ? version
            : throw new JobsUnavailableException("The database of jobs belongs to a newer version of this server.");
    }

    /// <summary>The number of an advisory lock. Equal names share a lock; unequal ones hardly ever do, and then only wait.</summary>
    public static long LockOf(string name) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    private async Task<bool> IsThereAsync(PostgresSession session) =>
        (
            await session.QueryAsync(
                "SELECT to_regclass(@table) IS NOT NULL",
                row => row.GetBoolean(0),
                ("@table", $"{schema}.migrations")
            )
        ).Single();

    private async Task MakeAsync(PostgresSession session)
    {
        // Asked first: to make a schema, or say that it may be there, needs a right that is not needed when it is.
        bool isThere = (
            await session.QueryAsync(
                "SELECT to_regnamespace(@schema) IS NOT NULL",
                row => row.GetBoolean(0),
                ("@schema", schema)
            )
        ).Single();
        if (!isThere)
        {
            await session.ExecuteAsync($"CREATE SCHEMA {schema}");
        }
        await session.ExecuteAsync(
            $"""
            CREATE TABLE IF NOT EXISTS {schema}.migrations (
              version integer PRIMARY KEY,
              name text NOT NULL,
              needs integer NOT NULL,
              applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        );
    }

    private async Task TakeAsync(PostgresSession session, int version, PostgresStep step)
    {
        await using NpgsqlCommand command = session.Connection.CreateCommand();
        command.CommandText = step.Sql;
        command.CommandTimeout = (int)LongestStep.TotalSeconds;
        await command.ExecuteNonQueryAsync(session.Cancel);
        await session.ExecuteAsync(
            $"INSERT INTO {schema}.migrations (version, name, needs) VALUES (@version, @name, @needs)",
            ("@version", version),
            ("@name", step.Name),
            ("@needs", step.Needs)
        );
    }
}
