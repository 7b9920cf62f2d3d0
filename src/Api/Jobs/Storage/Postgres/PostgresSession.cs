using Npgsql;

namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>One connection while a call uses it, and the token that ends the call.</summary>
internal readonly record struct PostgresSession(NpgsqlConnection Connection, CancellationToken Cancel)
{
    /// <summary>Runs a statement.</summary>
    public Task ExecuteAsync(string sql, params (string Name, object? Value)[] parameters) =>
        ExecuteAsync([new PostgresStatement(sql, parameters)]);

    /// <summary>Runs statements in one round trip.</summary>
    public async Task ExecuteAsync(params PostgresStatement[] statements)
    {
        await using NpgsqlBatch batch = Prepare(statements);
        await batch.ExecuteNonQueryAsync(Cancel);
    }

    /// <summary>Every row of a query.</summary>
    public Task<List<T>> QueryAsync<T>(
        string sql,
        Func<NpgsqlDataReader, T> read,
        params (string Name, object? Value)[] parameters
    ) => QueryAsync(read, new PostgresStatement(sql, parameters));

    /// <summary>Runs statements in one round trip, of which the last alone gives rows.</summary>
    public async Task<List<T>> QueryAsync<T>(Func<NpgsqlDataReader, T> read, params PostgresStatement[] statements)
    {
        await using NpgsqlBatch batch = Prepare(statements);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(Cancel);
        List<T> rows = [];
        while (await reader.ReadAsync(Cancel))
        {
            rows.Add(read(reader));
        }
        return rows;
    }

    private NpgsqlBatch Prepare(PostgresStatement[] statements)
    {
        NpgsqlBatch batch = Connection.CreateBatch();
        foreach (PostgresStatement statement in statements)
        {
            var command = new NpgsqlBatchCommand(statement.Sql);
            foreach ((string name, object? value) in statement.Parameters)
            {
                command.Parameters.AddWithValue(name, value ?? DBNull.Value);
            }
            batch.BatchCommands.Add(command);
        }
        return batch;
    }
}
