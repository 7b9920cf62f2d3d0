namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>
/// The tables. Times are Unix milliseconds, as in the other store: <c>to_timestamp(created_at / 1000.0)</c> shows them.
/// </summary>
internal static class PostgresSchema
{
    /// <summary>The steps from an empty schema to the present one.</summary>
    public static IReadOnlyList<PostgresStep> Steps { get; } = [new PostgresStep("tables", Needs: 1, Tables)];

    private const string Tables = """
        -- What changes while a job lives, in small rows: every update writes the whole row anew. What does not change, or is
        -- long, is in job_texts and job_files.
        --
        -- A heartbeat changes lease_until, step and steps alone. No index knows these, and fillfactor leaves room for the new
        -- row on the page of the old one, so that a heartbeat touches no index (a HOT update) and leaves nothing to vacuum.
        -- The table is vacuumed when some thousand rows have died, and not when a fifth of a long history has.
        CREATE TABLE jobs (
          seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          id text COLLATE "C" NOT NULL UNIQUE,
          caller text NOT NULL,
          type text NOT NULL,
          status text NOT NULL,
          priority integer NOT NULL,
          cost double precision NOT NULL,
          content_hash text NOT NULL,
          created_at bigint NOT NULL,
          deadline bigint,
          not_before bigint NOT NULL DEFAULT 0,
          run integer NOT NULL DEFAULT 0,
          faults integer NOT NULL DEFAULT 0,
          started_at bigint,
          lease_until bigint,
          step integer NOT NULL DEFAULT 0,
          steps integer NOT NULL DEFAULT 0,
          cancel_requested boolean NOT NULL DEFAULT false,
          finished_at bigint,
          forgotten boolean NOT NULL DEFAULT false
        ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);

        -- Hardly any of the jobs in the table wait or run: these indexes hold those alone, and stay small whatever the
        -- history.
        CREATE INDEX jobs_waiting ON jobs (caller) WHERE status = 'queued';
        CREATE INDEX jobs_running ON jobs (caller) WHERE status = 'running';
        CREATE INDEX jobs_with_results ON jobs (finished_at) WHERE status = 'succeeded';
        CREATE INDEX jobs_ended ON jobs (finished_at) WHERE finished_at IS NOT NULL;
        CREATE INDEX jobs_of_caller ON jobs (caller, created_at, id);

        -- Written once, and once more at the end.
        CREATE TABLE job_texts (
          job bigint PRIMARY KEY REFERENCES jobs (seq) ON DELETE CASCADE,
          fields text NOT NULL,
          webhook text,
          trace_parent text,
          failure_code text,
          failure_detail text,
          failure_parameter text,
          answer text
        );

        -- Uploaded and resulting files, for as long as they are needed; the bytes lie in the blob store.
        CREATE TABLE job_files (
          job bigint NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
          role text NOT NULL,
          position integer NOT NULL,
          name text NOT NULL,
          media_type text NOT NULL,
          length bigint NOT NULL,
          hash text NOT NULL,
          PRIMARY KEY (job, role, position)
        );

        CREATE TABLE idempotency_keys (
          caller text NOT NULL,
          key text NOT NULL,
          fingerprint text NOT NULL,
          job bigint NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
          expires_at bigint NOT NULL,
          PRIMARY KEY (caller, key)
        );
        CREATE INDEX keys_by_job ON idempotency_keys (job);
        CREATE INDEX keys_by_expiry ON idempotency_keys (expires_at);

        -- What each caller has had of the engines, for taking turns. A row a caller, changed at every start of a job.
        CREATE TABLE shares (
          caller text PRIMARY KEY,
          spent double precision NOT NULL,
          used_at bigint NOT NULL
        ) WITH (fillfactor = 50);

        -- What was running when servers died.
        CREATE TABLE suspects (
          content_hash text PRIMARY KEY,
          crashes integer NOT NULL,
          last_at bigint NOT NULL
        );

        -- Reports of ends that are owed.
        CREATE TABLE deliveries (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          job bigint NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
          attempts integer NOT NULL,
          due_at bigint NOT NULL
        );
        CREATE INDEX deliveries_by_job ON deliveries (job);
        CREATE INDEX deliveries_by_due ON deliveries (due_at);
        """;
}
