using System.Diagnostics;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs.Storage.Postgres;
using InstructDiffusion.TestSupport;
using Npgsql;

namespace InstructDiffusion.Api.Tests.Jobs.Storage.Postgres;

/// <summary>
/// A PostgreSQL server of the tests' own: made in a temporary folder, reached by a socket in it, gone with the tests, also if
/// they are killed. Every test has a schema of its own. Starts when the first test asks; where no PostgreSQL is installed, the
/// test is skipped.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    // PostgreSQL refuses to run as root: that of a user who owns nothing then.
    private const string Nobody = "65534";

    // It ends when the end of the pipe says that its starter is gone.
    private const string UntilStarterEnds =
        "\"$@\" & server=$!; trap '' INT TERM; cat > /dev/null; kill -INT $server; wait $server";

    private static readonly string? Programs = FindPrograms();

    private readonly SemaphoreSlim _starting = new(1);
    private TempFolder? _folder;
    private Process? _process;

    private static bool IsRoot => Environment.UserName is "root";

    /// <summary>How to reach it, as the superuser. It need not run.</summary>
    public string Connection => $"Host={Folder.Path};Username=postgres;Database=postgres";

    private TempFolder Folder => _folder ?? throw new InvalidOperationException("The server was not started.");

    /// <summary>A name that no other test has.</summary>
    public static string NewSchema() => $"t{Guid.NewGuid():N}";

    /// <summary>Settings of a store in it.</summary>
    internal PostgresSettings Settings(string schema) =>
        PostgresSettings.Of(
            new JobsOptions
            {
                Postgres = new PostgresOptions
                {
                    ConnectionString = Connection,
                    Schema = schema,
                    PoolSize = 10,
                },
                // Tests wait for a busy machine.
                BusySeconds = 60,
            }
        );

    /// <summary>Runs a statement as the superuser.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Connection);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using NpgsqlCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Starts it, unless it runs; skips the test where there is none.</summary>
    public async Task StartAsync()
    {
        Assert.SkipWhen(
            Programs is null,
            "No PostgreSQL server is installed here (neither on PATH nor in /usr/lib/postgresql)."
        );
        await _starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_process is not null)
            {
                return;
            }
            _folder ??= await MakeAsync();
            _process = Run(
                "postgres",
                ["-D", DataFolder, "-k", Folder.Path, "-c", "listen_addresses=", "-c", "max_connections=200"],
                UntilStarterEnds
            );
            await UntilItAnswersAsync(_process);
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Stops it as an operator does: connections are cut, and what was committed stays.</summary>
    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            process.StandardInput.Close();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _starting.Dispose();
        _folder?.Dispose();
    }

    private string DataFolder => Folder.Of("data");

    private static async Task<TempFolder> MakeAsync()
    {
        var folder = new TempFolder();
        try
        {
            if (IsRoot)
            {
                await EndAsync(Start("chown", [$"{Nobody}:{Nobody}", folder.Path], null));
            }
            string[] options = ["-U", "postgres", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8"];
            await EndAsync(Run("initdb", ["-D", folder.Of("data"), .. options], null));
            // The machine does not lose its power in a test.
            await File.AppendAllTextAsync(
                folder.Of("data", "postgresql.conf"),
                "fsync = off\nshared_buffers = 32MB\nautovacuum = off\n"
            );
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static Process Run(string program, string[] arguments, string? script)
    {
        string path = Path.Combine(Programs!, program);
        return IsRoot
            ? Start("setpriv", [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", path, .. arguments], script)
            : Start(path, arguments, script);
    }

    private static Process Start(string program, string[] arguments, string? script)
    {
        ProcessStartInfo start = script is null
            ? new ProcessStartInfo(program, arguments)
            : new ProcessStartInfo("sh", ["-c", script, "sh", program, .. arguments]);
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.WorkingDirectory = Path.GetTempPath();
        Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        return process;
    }

    private static async Task EndAsync(Process process)
    {
        using (process)
        {
            string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, errors);
        }
    }

    private async Task UntilItAnswersAsync(Process process)
    {
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(ApiApplication.Patience);
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(Connection + ";Pooling=false");
                await connection.OpenAsync(patience.Token);
                return;
            }
            catch (NpgsqlException)
            {
                Assert.False(process.HasExited, process.HasExited ? await errors : "");
                await Task.Delay(50, patience.Token);
            }
        }
    }

    private static string? FindPrograms()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }
        const string debian = "/usr/lib/postgresql";
        IEnumerable<string> folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (Directory.Exists(debian))
        {
            folders = folders.Concat(Directory.GetDirectories(debian).OrderDescending().Select(one => $"{one}/bin"));
        }
        return folders.FirstOrDefault(folder =>
            File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres"))
        );
    }
}
