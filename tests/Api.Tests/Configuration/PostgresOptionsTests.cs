using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs.Storage.Postgres;
using InstructDiffusion.Api.Tests.Jobs;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Tests.Configuration;

public sealed class PostgresOptionsTests : IDisposable
{
    private const string Secret = "correct-horse-battery";

    private readonly TempFolder _folder = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Store", "redis", "Jobs:Store")]
    [InlineData("Store", "Postgres", "Jobs:Store")]
    [InlineData("Postgres:ConnectionString", null, "ConnectionString")]
    [InlineData("Postgres:ConnectionString", "Username=x;Password=" + Secret, "Host")]
    [InlineData("Postgres:ConnectionString", "Host=a;Colour=blue;Password=" + Secret, "connection string")]
    [InlineData("Postgres:ConnectionString", "Host=a;Port=" + Secret, "connection string")]
    [InlineData("Postgres:ConnectionString", Secret, "connection string")]
    [InlineData("Postgres:ConnectionString", "Host=a;Search Path=public;Password=" + Secret, "Search Path")]
    [InlineData("Postgres:ConnectionStringFile", "both", "not both")]
    [InlineData("Postgres:Schema", "jobs; DROP TABLE jobs", "Schema")]
    [InlineData("Postgres:Schema", "", "Schema")]
    [InlineData("Postgres:PoolSize", "1", "PoolSize")]
    [InlineData("Postgres:Poolsize2", "1", "Poolsize2")]
    public async Task Start_WrongSetting_StopsNamesItAndTellsNoSecret(string key, string? value, string named)
    {
        await using var app = new ApiApplication { Settings = { ["Jobs:Store"] = "postgres" } };
        if (value is not null)
        {
            app.Settings[$"Jobs:{key}"] = value;
        }
        if (key != "Postgres:ConnectionString")
        {
            app.Settings["Jobs:Postgres:ConnectionString"] = $"Host=127.0.0.1;Port=1;Password={Secret}";
        }

        Exception error = await Assert.ThrowsAnyAsync<Exception>(app.StartUnreadyAsync);

        Assert.True(error is OptionsValidationException or InvalidOperationException, error.ToString());
        Assert.Contains(named, error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ConnectionString_OfAFile_IsReadAndCompleted()
    {
        string file = _folder.Of("connection");
        File.WriteAllText(file, $"Host=db;Username=idiff;Password={Secret}\n");
        var options = new JobsOptions
        {
            Postgres = new PostgresOptions
            {
                ConnectionStringFile = file,
                Schema = "jobs_2",
                PoolSize = 7,
            },
            BusySeconds = 3,
        };

        Assert.Empty(options.Postgres.Faults());
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(PostgresSettings.Of(options).Connection);

        Assert.Equal(("db", "idiff", Secret), (connection.Host, connection.Username, connection.Password));
        Assert.Equal(
            ("jobs_2", 7, 3, 3),
            (connection.SearchPath, connection.MaxPoolSize, connection.CommandTimeout, connection.Timeout)
        );
    }

    [Fact]
    public void ConnectionString_OfAFileThatIsNotThere_IsAFault()
    {
        var options = new PostgresOptions { ConnectionStringFile = _folder.Of("nothing") };

        Assert.Contains("ConnectionStringFile", Assert.Single(options.Faults()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_DatabaseCannotBeReached_HoldsNoPassword()
    {
        await using var app = new ApiApplication
        {
            Settings =
            {
                ["Jobs:Store"] = "postgres",
                ["Jobs:Postgres:ConnectionString"] = $"Host=127.0.0.1;Port=1;Username=x;Password={Secret}",
                ["Logging:LogLevel:Default"] = "Trace",
            },
            Logs = new LogCollector { Level = LogLevel.Trace },
        };
        using HttpClient client = await app.StartAsync();

        using HttpRequestMessage job = JobRequests.Good();
        using HttpResponseMessage refused = await client.SendAsync(job, TestEnd);

        var problem = await refused.ProblemAsync(503, "jobs_unavailable");
        Assert.DoesNotContain("127.0.0.1", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await ApiApplication.Until(() =>
            app.Logs.Lines.Any(line => line.Contains("Jobs are unavailable", StringComparison.Ordinal))
        );
        Assert.DoesNotContain(app.Logs.Lines, line => line.Contains(Secret, StringComparison.Ordinal));
    }
}
