using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Storage.Postgres;
using InstructDiffusion.Engine.Batching;
using Microsoft.Extensions.Options;
using Npgsql;

namespace InstructDiffusion.Api.Tests.Jobs.Storage.Postgres;

/// <summary>Servers of several versions that come to one database.</summary>
public sealed class PostgresMigrationsTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly PostgresStep Colour = new(
        "colour",
        Needs: 1,
        "ALTER TABLE jobs ADD COLUMN colour text NOT NULL DEFAULT 'blue'"
    );

    private static readonly PostgresStep Breaking = new("no cost", Needs: 2, "ALTER TABLE jobs DROP COLUMN cost");

    private readonly string _schema = PostgresServer.NewSchema();
    private readonly JobClock _clock = new(TimeProvider.System);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await server.StartAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Apply_ManyServersAtOnce_OneTakesEachStepAndAllFindItDone()
    {
        int[] taken = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => ApplyAsync([.. PostgresSchema.Steps, Colour]), TestEnd))
        );

        Assert.Equal(PostgresSchema.Steps.Count + 1, taken.Max());
        Assert.Equal(7, taken.Count(steps => steps == 0));
        Assert.Equal(0, await ApplyAsync([.. PostgresSchema.Steps, Colour]));
    }

    [Fact]
    public async Task Apply_OlderTables_TakesWhatIsMissingAndServersOfBeforeGoOnBesideIt()
    {
        using PostgresDatabase before = Open(PostgresSchema.Steps);
        PostgresJobStore old = Store(before);
        string first = await CreateAsync(old);

        using PostgresDatabase after = Open([.. PostgresSchema.Steps, Colour]);
        string second = await CreateAsync(Store(after));
        await before.CheckAsync(TestEnd);
        string third = await CreateAsync(old);
        IReadOnlyList<LeasedJob> leased = await old.DequeueAsync(5, TimeSpan.FromSeconds(30), isIdle: true, TestEnd);
        // One that starts only now.
        using PostgresDatabase late = Open(PostgresSchema.Steps);
        FinishOutcome outcome = await Store(late).CompleteAsync(leased[0].Lease, new JobResult("{}", []), TestEnd);

        Assert.Equal([first, second, third], leased.Select(job => job.Job.Id));
        Assert.Equal(FinishOutcome.Written, outcome);
    }

    [Fact]
    public async Task Apply_ANewerProgramChangedTheTables_IsRefusedAndTouchesNothing()
    {
        using PostgresDatabase running = Open(PostgresSchema.Steps);
        await CreateAsync(Store(running));

        await ApplyAsync([.. PostgresSchema.Steps, Breaking]);
        using PostgresDatabase starting = Open(PostgresSchema.Steps);
        var refused = await Assert.ThrowsAsync<JobsUnavailableException>(() => CreateAsync(Store(starting)));
        var noticed = await Assert.ThrowsAsync<JobsUnavailableException>(() => running.CheckAsync(TestEnd));
        var stopped = await Assert.ThrowsAsync<JobsUnavailableException>(() => CreateAsync(Store(running)));

        Assert.All(
            new[] { refused, noticed, stopped },
            error => Assert.Contains("newer version", error.Message, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Apply_AStepFails_NoneOfThemIsTaken()
    {
        var wrong = new PostgresStep("wrong", Needs: 1, "ALTER TABLE nothing ADD COLUMN x text");

        await Assert.ThrowsAsync<PostgresException>(() => ApplyAsync([.. PostgresSchema.Steps, Colour, wrong]));
        int afterwards = await ApplyAsync([.. PostgresSchema.Steps, Colour]);

        Assert.Equal(PostgresSchema.Steps.Count + 1, afterwards);
    }

    [Fact]
    public async Task Apply_ByARoleThatOwnsTheSchemaAlone_Works()
    {
        string role = $"r{_schema}";
        await server.ExecuteAsync($"CREATE ROLE {role} LOGIN; CREATE SCHEMA {_schema} AUTHORIZATION {role}");
        PostgresSettings settings = server.Settings(_schema);
        settings = settings with
        {
            Connection = new NpgsqlConnectionStringBuilder(settings.Connection) { Username = role }.ToString(),
        };
        using var database = new PostgresDatabase(settings, Availability(), PostgresSchema.Steps, sharedClock: null);

        string id = await CreateAsync(Store(database));

        Assert.NotNull(await Store(database).FindAsync("ada", id, TestEnd));
    }

    [Fact]
    public async Task Apply_ByARoleThatMayMakeNoSchema_IsUnavailableAndSaysSo()
    {
        string role = $"r{_schema}";
        await server.ExecuteAsync($"CREATE ROLE {role} LOGIN");
        PostgresSettings settings = server.Settings(_schema);
        settings = settings with
        {
            Connection = new NpgsqlConnectionStringBuilder(settings.Connection) { Username = role }.ToString(),
        };
        using var database = new PostgresDatabase(settings, Availability(), PostgresSchema.Steps, sharedClock: null);

        var refused = await Assert.ThrowsAsync<JobsUnavailableException>(() => CreateAsync(Store(database)));

        Assert.Contains("does not let this server", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_TheMachinesClockIsWrong_FollowsTheDatabases()
    {
        var wrong = new JobClock(new Microsoft.Extensions.Time.Testing.FakeTimeProvider());
        using var database = new PostgresDatabase(
            server.Settings(_schema),
            Availability(),
            PostgresSchema.Steps,
            sharedClock: wrong
        );

        await database.CheckAsync(TestEnd);

        Assert.InRange(wrong.Now, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow());
    }

    private async Task<int> ApplyAsync(IReadOnlyList<PostgresStep> steps)
    {
        await using var connection = new NpgsqlConnection(server.Settings(_schema).Connection);
        await connection.OpenAsync(TestEnd);
        return await new PostgresMigrations(_schema, steps).ApplyAsync(connection, TestEnd);
    }

    private PostgresDatabase Open(IReadOnlyList<PostgresStep> steps) =>
        new(server.Settings(_schema), Availability(), steps, sharedClock: null);

    private StoreAvailability Availability() => new(_clock, TimeSpan.FromSeconds(10));

    private PostgresJobStore Store(PostgresDatabase database) =>
        new(database, Options.Create(new JobsOptions()), _clock);

    private static async Task<string> CreateAsync(PostgresJobStore store)
    {
        var job = new NewJob
        {
            Id = JobId.New(),
            Caller = "ada",
            Type = "edit",
            Priority = EditPriority.Batch,
            Cost = 1,
            Input = new JobInput("{}", []),
            ContentHash = Guid.NewGuid().ToString("N"),
        };
        return (await store.CreateAsync(job, TestEnd)).Job!.Id;
    }
}
