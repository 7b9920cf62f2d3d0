using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using Npgsql;

namespace InstructDiffusion.Api.Configuration;

/// <summary><c>Jobs:Postgres</c>: the database that several servers share. It is looked at when <c>Jobs:Store</c> is postgres.</summary>
internal sealed partial class PostgresOptions
{
    /// <summary>
    /// How to reach it, as Npgsql writes it: <c>Host=db;Database=jobs;Username=idiff;Password=…</c>. Never logged. Null when
    /// <see cref="ConnectionStringFile"/> has it.
    /// </summary>
    public string? ConnectionString { get; init; }

    /// <summary>A file with the connection string, read at the start; null for none.</summary>
    public string? ConnectionStringFile { get; init; }

    /// <summary>The schema of the tables, made if it is not there: servers with the same one share their jobs.</summary>
    public string Schema { get; init; } = "instructdiffusion";

    /// <summary>Most connections of this server, besides the one that listens.</summary>
    [Range(2, 1_000)]
    public int PoolSize { get; init; } = 20;

    /// <summary>What is wrong with these settings, without the secrets in them.</summary>
    internal IEnumerable<string> Faults()
    {
        List<ValidationResult> ranges = [];
        Validator.TryValidateObject(this, new ValidationContext(this), ranges, validateAllProperties: true);
        foreach (ValidationResult range in ranges)
        {
            yield return range.ErrorMessage ?? nameof(PoolSize);
        }
        if (!SchemaName().IsMatch(Schema))
        {
            yield return $"Schema: must be 1 to 48 of a-z, 0-9 and _, not beginning with a digit, got '{Schema}'.";
        }
        if (FaultOfConnection() is { } fault)
        {
            yield return fault;
        }
    }

    /// <summary>The connection string, from wherever it is.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal string ReadConnectionString() =>
        ConnectionStringFile is { } file ? File.ReadAllText(file).Trim() : ConnectionString ?? "";

    private string? FaultOfConnection()
    {
        if (ConnectionString is null == ConnectionStringFile is null)
        {
            return "one of ConnectionString and ConnectionStringFile is required, and not both.";
        }
        string name = ConnectionString is null ? nameof(ConnectionStringFile) : nameof(ConnectionString);
        try
        {
            var connection = new NpgsqlConnectionStringBuilder(ReadConnectionString());
            return string.IsNullOrEmpty(connection.Host) ? $"{name}: names no Host."
                : connection.SearchPath is not null ? $"{name}: must set no Search Path, as Schema says it."
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"{name}: {error.Message}";
        }
        catch (Exception error) when (error is ArgumentException or FormatException or OverflowException)
        {
            // What is wrong with it may be the password.
            return $"{name}: is no connection string as Npgsql reads it.";
        }
    }

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,47}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex SchemaName();
}
