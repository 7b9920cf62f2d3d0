using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Jobs.Storage.Sqlite;
using InstructDiffusion.TestSupport;
using Microsoft.Data.Sqlite;

namespace InstructDiffusion.Api.Tests.Jobs.Storage;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SqliteDatabase _database;
    private int _recoveries;

    public SqliteDatabaseTests() =>
        _database = new SqliteDatabase(_folder.Path, TimeSpan.FromSeconds(60), _ => ++_recoveries);

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Write_ManyAtOnceSomeOfWhichThrow_EachIsDoneOrUndoneByItself()
    {
        using var gate = new ManualResetEventSlim();
        // While the first holds its turn the others gather, and then share a transaction.
        Task<int> first = Task.Run(
            () =>
                _database.WriteAsync(
                    connection =>
                    {
                        gate.Wait(TestEnd);
                        return Insert(connection, -1);
                    },
                    TestEnd
                ),
            TestEnd
        );
        Task<int>[] others =
        [
            .. Enumerable
                .Range(0, 100)
                .Select(i =>
                    _database.WriteAsync(
                        connection =>
                        {
                            Insert(connection, i);
                            return i % 3 == 0 ? throw new InvalidOperationException($"{i}") : i;
                        },
                        TestEnd
                    )
                ),
        ];
        gate.Set();
        await first;
        foreach ((Task<int> write, int i) in others.Select((write, i) => (write, i)))
        {
            if (i % 3 == 0)
            {
                Assert.Equal($"{i}", (await Assert.ThrowsAsync<InvalidOperationException>(() => write)).Message);
            }
            else
            {
                Assert.Equal(i, await write);
            }
        }

        List<string> rows = await _database.ReadAsync(
            connection => connection.Query("SELECT content_hash FROM suspects", row => row.GetString(0)),
            TestEnd
        );
        Assert.Equal(
            Enumerable.Range(-1, 101).Where(i => i < 0 || i % 3 != 0).Select(i => $"{i}").Order(StringComparer.Ordinal),
            rows.Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Write_CancelledWhileItWaits_IsNotDone()
    {
        using var gate = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        Task<int> first = Task.Run(
            () =>
                _database.WriteAsync(
                    connection =>
                    {
                        gate.Wait(TestEnd);
                        return 0;
                    },
                    TestEnd
                ),
            TestEnd
        );
        await ApiApplication.Until(() => _recoveries == 1);
        Task<int> second = _database.WriteAsync(connection => Insert(connection, 2), cancel.Token);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        gate.Set();
        await first;
        long? rows = await _database.ReadAsync(
            connection => connection.Number("SELECT COUNT(*) FROM suspects"),
            TestEnd
        );

        Assert.Equal(0, rows);
    }

    [Fact]
    public async Task Write_OpenedAgainAfterAnError_RecoversOnce()
    {
        await _database.WriteAsync(connection => Insert(connection, 1), TestEnd);

        await Assert.ThrowsAsync<JobsUnavailableException>(() =>
            _database.WriteAsync<int>(_ => throw new SqliteException("disk I/O error", 10), TestEnd)
        );
        await _database.WriteAsync(connection => Insert(connection, 2), TestEnd);

        Assert.Equal(1, _recoveries);
        Assert.Equal(
            2,
            await _database.ReadAsync(connection => connection.Number("SELECT COUNT(*) FROM suspects"), TestEnd)
        );
    }

    private static int Insert(SqliteConnection connection, int value) =>
        connection.Execute(
            "INSERT INTO suspects (content_hash, crashes, last_at) VALUES (@value, 1, 1)",
            ("@value", $"{value}")
        );
}
