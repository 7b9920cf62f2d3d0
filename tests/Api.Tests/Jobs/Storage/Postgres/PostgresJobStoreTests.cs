using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Storage.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace InstructDiffusion.Api.Tests.Jobs.Storage.Postgres;

/// <summary>The suite, and what is peculiar to a database that several servers share.</summary>
public sealed class PostgresJobStoreTests(PostgresServer server) : JobStoreTests
{
    private readonly string _schema = PostgresServer.NewSchema();
    private readonly Dictionary<IJobStore, PostgresDatabase> _databases = [];

    public override async ValueTask InitializeAsync()
    {
        await server.StartAsync();
        await base.InitializeAsync();
    }

    [Fact]
    public async Task TwoStores_OnOneSchema_SeeTheSameJobsAndShareTheWork()
    {
        IJobStore other = Open(new JobsOptions(), Time);
        var key = new IdempotencyKey("k", "f");
        Job first = await CreateAsync(A() with { Key = key });
        Job second = await CreateAsync(A("bob"));

        JobAdmission again = await other.CreateAsync(A() with { Key = key }, TestEnd);
        LeasedJob here = Assert.Single(await Store.DequeueAsync(1, Lease, isIdle: true, TestEnd));
        LeasedJob there = Assert.Single(await other.DequeueAsync(5, Lease, isIdle: true, TestEnd));
        await other.CancelAsync(here.Job.Caller, here.Job.Id, TestEnd);
        LeaseState[] states = [.. await Store.HeartbeatAsync([new JobHeartbeat(here.Lease, 1, 2)], Lease, TestEnd)];
        await other.CompleteAsync(there.Lease, Result(), TestEnd);
        Job done = await FindAsync(there.Job.Id, there.Job.Caller);
        Close(other);

        Assert.Equal(new JobAdmission(JobAdmissionKind.Repeated, first), again);
        Assert.Equal(
            new[] { first.Id, second.Id }.Order(StringComparer.Ordinal),
            new[] { here.Job.Id, there.Job.Id }.Order(StringComparer.Ordinal)
        );
        Assert.Equal([LeaseState.CancelRequested], states);
        Assert.Equal(JobStatus.Succeeded, done.Status);
    }

    [Fact]
    public async Task Create_ManyAtOnceInSeveralStores_NoCallerGetsMoreThanItMay()
    {
        var options = new JobsOptions { MaxOpenPerCaller = 5 };
        IJobStore[] stores = [Open(options, Time), Open(options, Time)];

        JobAdmission[] all = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(i => Task.Run(() => stores[i % 2].CreateAsync(A(), TestEnd), TestEnd))
        );
        Array.ForEach(stores, Close);

        Assert.Equal(5, all.Count(admission => admission.Kind == JobAdmissionKind.Created));
        Assert.Equal(35, all.Count(admission => admission.Kind == JobAdmissionKind.CallerFull));
    }

    [Fact]
    public async Task Everything_AtOnceInSeveralStores_EveryJobIsDoneExactlyOnceAndNothingLocksUp()
    {
        IJobStore[] stores = [Open(new JobsOptions(), Time), Open(new JobsOptions(), Time), Store];
        string[] made =
        [
            .. (await Task.WhenAll(Enumerable.Range(0, 60).Select(i => CreateAsync(A($"caller {i % 3}"))))).Select(
                job => job.Id
            ),
        ];

        string[][] done = await Task.WhenAll(stores.Select(store => Task.Run(() => WorkAsync(store), TestEnd)));
        Close(stores[0]);
        Close(stores[1]);

        Assert.Equal(made.Order(StringComparer.Ordinal), done.SelectMany(ids => ids).Order(StringComparer.Ordinal));
        JobCounts counts = await Store.CountAsync(TestEnd);
        Assert.Equal(new Dictionary<JobStatus, int> { [JobStatus.Succeeded] = 60 }, counts.ByStatus);
    }

    [Fact]
    public async Task Dequeue_AnotherIsBeingTaken_TakesTheNextWithoutWaiting()
    {
        string first = (await CreateAsync(A())).Id;
        string second = (await CreateAsync(A())).Id;
        var taking = new TaskCompletionSource();
        var taken = new TaskCompletionSource();
        Task<int> other = _databases[Store]
            .WriteAsync(
                async session =>
                {
                    await session.QueryAsync(
                        "SELECT 1 FROM jobs WHERE id = @id FOR UPDATE",
                        row => row.GetInt32(0),
                        ("@id", first)
                    );
                    taking.SetResult();
                    await taken.Task;
                    return 0;
                },
                TestEnd
            );
        await taking.Task;

        string[] meanwhile = await DequeueAsync(2);
        taken.SetResult();
        await other;
        string[] afterwards = await DequeueAsync(2);

        Assert.Equal([second], meanwhile);
        Assert.Equal([first], afterwards);
    }

    [Fact]
    public async Task Sweep_TheStoreWasAwayForLongerThanALease_LeavesItsHoldersTimeToRenew()
    {
        LeasedJob leased = await StartAsync();
        // As when the database is stopped: nobody could renew.
        Time.Advance(TimeSpan.FromSeconds(20));
        _databases[Store].Availability.Failed();
        Time.Advance(TimeSpan.FromSeconds(60));

        IReadOnlyList<MovedJob> back = await Store.SweepAsync(TestEnd);
        Time.Advance(TimeSpan.FromSeconds(5));
        LeaseState[] states = [.. await Store.HeartbeatAsync([new JobHeartbeat(leased.Lease, 1, 2)], Lease, TestEnd)];
        Time.Advance(TimeSpan.FromSeconds(31));
        IReadOnlyList<MovedJob> later = await Store.SweepAsync(TestEnd);

        Assert.Empty(back);
        Assert.Equal([LeaseState.Held], states);
        Assert.Equal([new MovedJob(leased.Job.Id, JobStatus.Queued, WasLeased: true)], later);
    }

    [Fact]
    public async Task Heartbeat_OfARunningJob_TouchesNoIndex()
    {
        LeasedJob leased = await StartAsync();
        for (int i = 0; i < 10; i++)
        {
            await Store.HeartbeatAsync([new JobHeartbeat(leased.Lease, i, 10)], Lease, TestEnd);
        }

        // A connection that ends hands its statistics in.
        Reopen();
        (long All, long Hot) updates = (0, 0);
        await ApiApplication.Until(() => (updates = UpdatesOfJobs()).All >= 11);

        Assert.Equal((11, 10), updates);
    }

    [Fact]
    public async Task Store_TablesAreDroppedUnderneath_IsUnavailableOnceAndMakesThemAnew()
    {
        await CreateAsync(A());
        await server.ExecuteAsync($"DROP SCHEMA {_schema} CASCADE");

        await Assert.ThrowsAsync<JobsUnavailableException>(() => Store.CreateAsync(A(), TestEnd));
        await CreateAsync(A());

        Assert.Single(await DequeueAsync(5));
    }

    private protected override IJobStore Open(JobsOptions options, TimeProvider time)
    {
        var clock = new JobClock(time);
        var availability = new StoreAvailability(clock, Lease / 3);
        var database = new PostgresDatabase(
            server.Settings(_schema),
            availability,
            PostgresSchema.Steps,
            sharedClock: null
        );
        var store = new PostgresJobStore(database, Options.Create(options), clock);
        _databases[store] = database;
        return store;
    }

    private protected override void Close(IJobStore store) => _databases[store].Dispose();

    private (long All, long Hot) UpdatesOfJobs()
    {
        using var connection = new NpgsqlConnection(server.Connection);
        connection.Open();
        using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText =
            $"SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = '{_schema}' AND relname = 'jobs'";
        using NpgsqlDataReader reader = command.ExecuteReader();
        reader.Read();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private static async Task<string[]> WorkAsync(IJobStore store)
    {
        List<string> done = [];
        while (await store.DequeueAsync(3, Lease, isIdle: true, TestEnd) is { Count: > 0 } jobs)
        {
            await store.HeartbeatAsync([.. jobs.Select(job => new JobHeartbeat(job.Lease, 1, 2))], Lease, TestEnd);
            await store.SweepAsync(TestEnd);
            foreach (LeasedJob job in jobs)
            {
                Assert.Equal(FinishOutcome.Written, await store.CompleteAsync(job.Lease, Result(), TestEnd));
                done.Add(job.Job.Id);
            }
        }
        return [.. done];
    }
}
