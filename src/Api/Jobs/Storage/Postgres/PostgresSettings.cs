using InstructDiffusion.Api.Configuration;
using Npgsql;

namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>How a server speaks to the shared database.</summary>
/// <param name="Connection">The whole connection string; holds a secret.</param>
/// <param name="Schema">Where the tables are; a plain name, see <see cref="PostgresOptions.Schema"/>.</param>
/// <param name="Busy">How long a command may take.</param>
internal sealed record PostgresSettings(string Connection, string Schema, TimeSpan Busy)
{
    // A server that vanished in the middle of a transaction keeps its locks no longer than this.
    private static readonly TimeSpan LongestIdleTransaction = TimeSpan.FromSeconds(15);

    /// <summary>The channel of notices. A channel belongs to a database, so it is named for the schema.</summary>
    public string Channel => $"{Schema}.jobs";

    /// <summary>The same for a connection that is kept, and is none of the pool.</summary>
    public string Listening => new NpgsqlConnectionStringBuilder(Connection) { Pooling = false }.ToString();

    /// <summary>As the server's settings have it.</summary>
    public static PostgresSettings Of(JobsOptions options)
    {
        PostgresOptions postgres = options.Postgres;
        int busy = options.BusySeconds;
        var connection = new NpgsqlConnectionStringBuilder(postgres.ReadConnectionString())
        {
            SearchPath = postgres.Schema,
            MaxPoolSize = postgres.PoolSize,
            Timeout = busy,
            CommandTimeout = busy,
            Enlist = false,
            // The same thirty statements over and over: parsed and planned once a connection.
            MaxAutoPrepare = 64,
        };
        connection.ApplicationName ??= "instructdiffusion";
        // The database ends by itself what the server has given up, also when it could not be told.
        connection.Options =
            $"{connection.Options} -c statement_timeout={(busy + 1) * 1_000}"
            + $" -c idle_in_transaction_session_timeout={(int)LongestIdleTransaction.TotalMilliseconds}";
        return new PostgresSettings(connection.ToString(), postgres.Schema, TimeSpan.FromSeconds(busy));
    }

    /// <summary>Not the connection string.</summary>
    public override string ToString() => Channel;
}
