using Microsoft.Data.Sqlite;

namespace InstructDiffusion.Api.Jobs.Storage.Sqlite;

/// <summary>Commands in one line. Values are always parameters.</summary>
internal static class SqliteCommands
{
    /// <summary>Runs a command.</summary>
    /// <returns>Rows changed.</returns>
    public static int Execute(
        this SqliteConnection connection,
        string sql,
        params ReadOnlySpan<(string Name, object? Value)> parameters
    )
    {
        using SqliteCommand command = Prepare(connection, sql, parameters);
        return command.ExecuteNonQuery();
    }

    /// <summary>Every row of a query.</summary>
    public static List<T> Query<T>(
        this SqliteConnection connection,
        string sql,
        Func<SqliteDataReader, T> read,
        params ReadOnlySpan<(string Name, object? Value)> parameters
    )
    {
        using SqliteCommand command = Prepare(connection, sql, parameters);
        using SqliteDataReader reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
        {
            rows.Add(read(reader));
        }
        return rows;
    }

    /// <summary>The first column of the first row as a number; null if there is no row, or nothing in it.</summary>
    public static long? Number(
        this SqliteConnection connection,
        string sql,
        params ReadOnlySpan<(string Name, object? Value)> parameters
    )
    {
        using SqliteCommand command = Prepare(connection, sql, parameters);
        return command.ExecuteScalar() is long number ? number : null;
    }

    public static string? Text(this SqliteDataReader row, string column)
    {
        int ordinal = row.GetOrdinal(column);
        return row.IsDBNull(ordinal) ? null : row.GetString(ordinal);
    }

    public static long? Integer(this SqliteDataReader row, string column)
    {
        int ordinal = row.GetOrdinal(column);
        return row.IsDBNull(ordinal) ? null : row.GetInt64(ordinal);
    }

    /// <summary>Times are stored as Unix milliseconds.</summary>
    public static DateTimeOffset? Time(this SqliteDataReader row, string column) =>
        row.Integer(column) is { } time ? DateTimeOffset.FromUnixTimeMilliseconds(time) : null;

    private static SqliteCommand Prepare(
        SqliteConnection connection,
        string sql,
        ReadOnlySpan<(string Name, object? Value)> parameters
    )
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }
        return command;
    }
}
