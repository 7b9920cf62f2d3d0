using System.Globalization;
using Microsoft.Data.Sqlite;

namespace InstructDiffusion.Api.Jobs.Storage.Sqlite;

/// <summary>The tables, as steps from each version to the next; <c>PRAGMA user_version</c> counts the steps taken.</summary>
internal static class SqliteSchema
{
    // Never change a step that was released: add one.
    private static readonly string[] Steps =
    [
        """
            CREATE TABLE jobs (
              seq INTEGER PRIMARY KEY AUTOINCREMENT,
              id TEXT NOT NULL UNIQUE,
              caller TEXT NOT NULL,
              type TEXT NOT NULL,
              status TEXT NOT NULL,
              priority INTEGER NOT NULL,
              cost REAL NOT NULL,
              fields TEXT NOT NULL,
              content_hash TEXT NOT NULL,
              created_at INTEGER NOT NULL,
              deadline INTEGER,
              not_before INTEGER NOT NULL,
              run INTEGER NOT NULL,
              faults INTEGER NOT NULL,
              started_at INTEGER,
              lease_until INTEGER,
              step INTEGER NOT NULL,
              steps INTEGER NOT NULL,
              cancel_requested INTEGER NOT NULL,
              finished_at INTEGER,
              failure_code TEXT,
              failure_detail TEXT,
              failure_parameter TEXT,
              answer TEXT,
              webhook TEXT,
              trace_parent TEXT,
              forgotten INTEGER NOT NULL
            );
            CREATE INDEX jobs_open ON jobs (status, caller) WHERE status IN ('queued', 'running');
            CREATE INDEX jobs_ended ON jobs (finished_at) WHERE finished_at IS NOT NULL;
            CREATE INDEX jobs_of_caller ON jobs (caller, created_at, id);

            -- Uploaded and resulting files; the bytes lie in the blob store.
            CREATE TABLE files (
              job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
              role TEXT NOT NULL,
              position INTEGER NOT NULL,
              name TEXT NOT NULL,
              media_type TEXT NOT NULL,
              length INTEGER NOT NULL,
              hash TEXT NOT NULL,
              PRIMARY KEY (job, role, position)
            ) WITHOUT ROWID;
            CREATE INDEX files_by_hash ON files (hash);

            CREATE TABLE idempotency_keys (
              caller TEXT NOT NULL,
              key TEXT NOT NULL,
              fingerprint TEXT NOT NULL,
              job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
              expires_at INTEGER NOT NULL,
              PRIMARY KEY (caller, key)
            ) WITHOUT ROWID;
            CREATE INDEX keys_by_job ON idempotency_keys (job);
            CREATE INDEX keys_by_expiry ON idempotency_keys (expires_at);

            -- What each caller has had of the engine, for taking turns.
            CREATE TABLE shares (
              caller TEXT PRIMARY KEY,
              spent REAL NOT NULL
            ) WITHOUT ROWID;

            -- What was running when servers died.
            CREATE TABLE suspects (
              content_hash TEXT PRIMARY KEY,
              crashes INTEGER NOT NULL,
              last_at INTEGER NOT NULL
            ) WITHOUT ROWID;

            CREATE TABLE deliveries (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
              attempts INTEGER NOT NULL,
              due_at INTEGER NOT NULL
            );
            CREATE INDEX deliveries_by_job ON deliveries (job);
            CREATE INDEX deliveries_by_due ON deliveries (due_at);
            """,
    ];

    /// <summary>Takes the steps that are missing.</summary>
    /// <exception cref="JobsUnavailableException">The file is a newer program's.</exception>
    public static void Migrate(SqliteConnection connection)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
        long version = connection.Number("PRAGMA user_version") ?? 0;
        if (version > Steps.Length)
        {
            throw new JobsUnavailableException("The database of jobs was written by a newer version of this server.");
        }
        for (long step = version; step < Steps.Length; step++)
        {
            connection.Execute(Steps[step]);
        }
        // A pragma takes no parameters.
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {Steps.Length}"));
        transaction.Commit();
    }
}
