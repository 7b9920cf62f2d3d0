namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

internal sealed partial class PostgresJobStore
{
    public async Task<IReadOnlyList<WebhookDelivery>> TakeDeliveriesAsync(
        int most,
        TimeSpan lease,
        CancellationToken cancellationToken
    ) =>
        await database.WriteAsync(
            session =>
                session.QueryAsync(
                    $"""
                    WITH due AS MATERIALIZED (
                      SELECT id FROM deliveries WHERE due_at <= @now ORDER BY due_at LIMIT @most FOR UPDATE SKIP LOCKED
                    ),
                    taken AS (
                      UPDATE deliveries d SET attempts = d.attempts + 1, due_at = @until FROM due WHERE due.id = d.id
                      RETURNING d.id AS delivery, d.job, d.attempts
                    )
                    SELECT d.delivery, d.attempts, {PostgresRows.Columns}
                    FROM {PostgresRows.Source} JOIN taken d ON d.job = j.seq ORDER BY d.delivery
                    """,
                    row => new WebhookDelivery(row.GetInt64(0), PostgresRows.ReadJob(row), row.GetInt32(1)),
                    ("@now", Now),
                    ("@until", After(lease)),
                    ("@most", most)
                ),
            cancellationToken
        );

    public Task SettleDeliveryAsync(long id, TimeSpan? retryAfter, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async session =>
            {
                await session.ExecuteAsync(
                    retryAfter is { } wait
                        ? new PostgresStatement(
                            "UPDATE deliveries SET due_at = @due WHERE id = @id",
                            ("@id", id),
                            ("@due", After(wait))
                        )
                        : new PostgresStatement("DELETE FROM deliveries WHERE id = @id", ("@id", id))
                );
                return 0;
            },
            cancellationToken
        );
}
