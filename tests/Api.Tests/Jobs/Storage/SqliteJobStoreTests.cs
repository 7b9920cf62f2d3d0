using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Tests.Jobs.Storage;

/// <summary>The suite, and what is peculiar to a file.</summary>
public sealed class SqliteJobStoreTests : JobStoreTests
{
    [Fact]
    public async Task Store_NothingWasEverAsked_WritesNoFile()
    {
        Assert.Empty(await DequeueAsync(1));
        Assert.Empty(await Store.SweepAsync(TestEnd));
        Assert.Empty(await Store.TakeDeliveriesAsync(1, Lease, TestEnd));

        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder.Path));
    }

    [Fact]
    public async Task Create_InANewFolder_KeepsItFromOthers()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return; // for the analyzer
        }
        Reopen(new JobsOptions { Path = Folder.Of("data") });

        await CreateAsync(A());

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Folder.Of("data"))
        );
    }

    [Fact]
    public async Task Open_SecondStoreOnTheSameFolder_IsUnavailableUntilTheFirstIsClosed()
    {
        Job job = await CreateAsync(A());
        IJobStore second = Open(new JobsOptions { Path = Folder.Path }, Time);

        var refused = await Assert.ThrowsAsync<JobsUnavailableException>(() => second.CreateAsync(A(), TestEnd));
        Close(Store);
        Job? found = await second.FindAsync("ada", job.Id, TestEnd);
        Close(second);

        Assert.Contains("Another server", refused.Message, StringComparison.Ordinal);
        Assert.Equal(job, found);
    }

    [Fact]
    public async Task Open_AfterACrash_WhatWasRunningWaitsAgainAtOnce()
    {
        LeasedJob leased = await StartAsync();

        Reopen(); // without a word to the store, as a process that was killed
        MovedJob moved = Assert.Single(await Store.SweepAsync(TestEnd));

        Assert.Equal(new MovedJob(leased.Job.Id, JobStatus.Queued, WasLeased: true), moved);
        Assert.Equal([leased.Job.Id], await DequeueAsync(1));
    }

    [Fact]
    public async Task Write_AnotherProgramHoldsTheFile_IsUnavailableAndWorksAgainAfterwards()
    {
        Reopen(new JobsOptions { Path = Folder.Path, BusySeconds = 1 });
        Job job = await CreateAsync(A());
        await using var other = new SqliteConnection($"Data Source={Folder.Of("jobs.db")};Pooling=False");
        other.Open();
        await using SqliteTransaction held = other.BeginTransaction(deferred: false);

        var refused = await Assert.ThrowsAsync<JobsUnavailableException>(() => Store.CreateAsync(A(), TestEnd));
        Job? readMeanwhile = await Store.FindAsync("ada", job.Id, TestEnd);
        await held.RollbackAsync(TestEnd);
        await CreateAsync(A());

        Assert.Contains("locked", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(readMeanwhile);
    }

    [Fact]
    public async Task Write_TheFolderCannotBeMade_IsUnavailable()
    {
        await File.WriteAllTextAsync(Folder.Of("file"), "in the way", TestEnd);
        Reopen(new JobsOptions { Path = Folder.Of("file", "data") });

        await Assert.ThrowsAsync<JobsUnavailableException>(() => Store.CreateAsync(A(), TestEnd));
        await Assert.ThrowsAsync<JobsUnavailableException>(() => Store.FindAsync("ada", JobId.New(), TestEnd));
    }

    [Theory]
    [InlineData(
        "this is no database, but long enough to have a header and more than that: 0123456789012345678901234567890123456789"
    )]
    public async Task Open_FileIsNoDatabase_IsUnavailable(string content)
    {
        await File.WriteAllTextAsync(Folder.Of("jobs.db"), content, TestEnd);

        var refused = await Assert.ThrowsAsync<JobsUnavailableException>(() => Store.CreateAsync(A(), TestEnd));

        Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_FileOfANewerVersion_IsUnavailableAndLeftAsItIs()
    {
        await CreateAsync(A());
        Close(Store);
        await using (var file = new SqliteConnection($"Data Source={Folder.Of("jobs.db")};Pooling=False"))
        {
            file.Open();
            await using SqliteCommand command = file.CreateCommand();
            command.CommandText = "PRAGMA user_version = 999";
            command.ExecuteNonQuery();
        }
        Reopen();

        var refused = await Assert.ThrowsAsync<JobsUnavailableException>(() => Store.CreateAsync(A(), TestEnd));

        Assert.Contains("newer version", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_DatabaseFull_IsUnavailableAndNothingIsHalfWritten()
    {
        await CreateAsync(A());
        await using var file = new SqliteConnection($"Data Source={Folder.Of("jobs.db")};Pooling=False");
        file.Open();
        await using SqliteCommand command = file.CreateCommand();
        command.CommandText = "PRAGMA page_count";
        long pages = (long)command.ExecuteScalar()!;
        using var full = new SqliteDatabase(
            Folder.Of("full"),
            TimeSpan.FromSeconds(1),
            connection => connection.Execute($"PRAGMA max_page_count = {pages}")
        );

        var refused = await Assert.ThrowsAsync<JobsUnavailableException>(() =>
            full.WriteAsync(
                connection =>
                    connection.Execute(
                        "INSERT INTO suspects (content_hash, crashes, last_at) VALUES (@long, 1, 1)",
                        ("@long", new string('x', 1_000_000))
                    ),
                TestEnd
            )
        );
        long rows = await full.ReadAsync(
            connection => connection.Number("SELECT COUNT(*) FROM suspects") ?? -1,
            TestEnd
        );

        Assert.Contains("full", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, rows);
    }

    private protected override IJobStore Open(JobsOptions options, TimeProvider time) =>
        new SqliteJobStore(Options.Create(options), new JobClock(time));

    private protected override void Close(IJobStore store) => ((SqliteJobStore)store).Dispose();
}
