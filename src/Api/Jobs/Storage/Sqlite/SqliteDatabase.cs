using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace InstructDiffusion.Api.Jobs.Storage.Sqlite;

/// <summary>
/// One SQLite file in write-ahead mode: one connection that writes, a pool of others that read. Opened at first use, and opened
/// anew after an error of the disk, so that it works again when the disk does. A lock file keeps a second server out.
/// </summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const string FileName = "jobs.db";
    private const string LockName = "jobs.lock";

    // Changes of one transaction: others wait for all of them.
    private const int MostTogether = 64;

    private readonly string _folder;
    private readonly TimeSpan _busy;
    private readonly string _writerString;
    private readonly string _readerString;
    private readonly Action<SqliteConnection> _recover;
    private readonly ConcurrentQueue<PendingWrite> _waiting = new();
    private readonly SemaphoreSlim _writing = new(1);
    private FileStream? _lock;
    private SqliteConnection? _writer;
    private bool _isRecovered;
    private volatile bool _isReady;
    private volatile bool _isDisposed;

    /// <summary>Touches nothing yet.</summary>
    /// <param name="folder">Where the file lies, or will.</param>
    /// <param name="busy">How long a call waits for its turn, and for another program's lock, before it gives up.</param>
    /// <param name="recover">Runs in the first transaction after the file was opened by this process.</param>
    public SqliteDatabase(string folder, TimeSpan busy, Action<SqliteConnection> recover)
    {
        _folder = Path.GetFullPath(folder);
        _busy = busy;
        _recover = recover;
        _writerString = ConnectionString(SqliteOpenMode.ReadWriteCreate, isPooled: false);
        _readerString = ConnectionString(SqliteOpenMode.ReadWrite, isPooled: true);
    }

    /// <summary>Whether there is a file at all; if not, there is nothing in it to look for.</summary>
    public bool Exists => File.Exists(Path.Combine(_folder, FileName));

    /// <summary>
    /// Makes a change: durable on return, undone if <paramref name="work"/> throws. Changes that wait at the same time share one
    /// transaction, and with it one wait for the disk; each is undone by itself.
    /// </summary>
    /// <exception cref="JobsUnavailableException">The file cannot be written now.</exception>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var write = new PendingWrite<T>(work);
        _waiting.Enqueue(write);
        try
        {
            if (!await _writing.WaitAsync(_busy, cancellationToken))
            {
                throw new JobsUnavailableException("The database of jobs is busy.");
            }
        }
        catch when (!write.TryTake())
        {
            // Too late to give up: another caller is writing it, or has.
            return await write.Outcome;
        }
        try
        {
            // Unless another caller did: whoever has the turn writes for all who wait.
            while (!write.Outcome.IsCompleted)
            {
                WriteWaiting();
            }
        }
        finally
        {
            _writing.Release();
        }
        return await write.Outcome;
    }

    /// <summary>Reads a state of the file that no writer changes meanwhile.</summary>
    /// <exception cref="JobsUnavailableException">The file cannot be read now.</exception>
    public async Task<T> ReadAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        if (!_isReady)
        {
            // The writer's connection makes the file, or brings an older one up to date.
            await WriteAsync(_ => 0, cancellationToken);
        }
        try
        {
            using var reader = new SqliteConnection(_readerString);
            reader.Open();
            using SqliteTransaction transaction = reader.BeginTransaction(deferred: true);
            return work(reader);
        }
        catch (Exception error) when (Unavailable(error) is { } reason)
        {
            throw new JobsUnavailableException(reason, error);
        }
    }

    public void Dispose()
    {
        // Nobody writes at this time; a turn that is still taken belongs to a call that was given up.
        _isDisposed = true;
        CloseWriter();
        using (var pool = new SqliteConnection(_readerString))
        {
            SqliteConnection.ClearPool(pool);
        }
        _lock?.Dispose();
        _writing.Dispose();
    }

    private void WriteWaiting()
    {
        List<PendingWrite> batch = [];
        while (batch.Count < MostTogether && _waiting.TryDequeue(out PendingWrite? write))
        {
            if (write.TryTake())
            {
                batch.Add(write);
            }
        }
        try
        {
            SqliteConnection writer = Open();
            using SqliteTransaction transaction = writer.BeginTransaction(deferred: false);
            foreach (PendingWrite write in batch)
            {
                writer.Execute("SAVEPOINT one");
                if (write.Run(writer) is { } error)
                {
                    if (Unavailable(error) is not null)
                    {
                        throw error;
                    }
                    writer.Execute("ROLLBACK TO one");
                }
                writer.Execute("RELEASE one");
            }
            transaction.Commit();
        }
        catch (Exception error)
        {
            Exception told = Unavailable(error) is { } reason ? new JobsUnavailableException(reason, error) : error;
            batch.ForEach(write => write.Fail(told));
            if (!IsPassing(error))
            {
                CloseWriter();
            }
            return;
        }
        batch.ForEach(write => write.Succeed());
    }

    private SqliteConnection Open()
    {
        if (_writer is not null)
        {
            return _writer;
        }
        PrivateFolder.Create(_folder);
        _lock ??= TakeLock();
        var connection = new SqliteConnection(_writerString);
        try
        {
            connection.Open();
            // FULL: a commit is on the disk when it returns. WAL: readers do not wait for the writer.
            connection.Execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
            SqliteSchema.Migrate(connection);
            if (!_isRecovered)
            {
                using SqliteTransaction transaction = connection.BeginTransaction(deferred: false);
                _recover(connection);
                transaction.Commit();
                _isRecovered = true;
            }
        }
        catch
        {
            connection.Dispose();
            throw;
        }
        _writer = connection;
        _isReady = true;
        return connection;
    }

    private FileStream TakeLock()
    {
        string path = Path.Combine(_folder, LockName);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (File.Exists(path))
        {
            throw new JobsUnavailableException("Another server uses the folder of jobs.", error);
        }
    }

    private string ConnectionString(SqliteOpenMode mode, bool isPooled) =>
        new SqliteConnectionStringBuilder
        {
            DataSource = Path.Combine(_folder, FileName),
            Mode = mode,
            DefaultTimeout = Math.Max(1, (int)_busy.TotalSeconds),
            ForeignKeys = true,
            Pooling = isPooled,
        }.ToString();

    private void CloseWriter()
    {
        _writer?.Dispose();
        _writer = null;
    }

    /// <summary>Another program's lock, or a full disk: the connection is as good as before.</summary>
    private static bool IsPassing(Exception error) => error is SqliteException { SqliteErrorCode: 5 or 6 or 13 };

    /// <summary>What to tell, if this error is the disk's or another program's fault and not the call's.</summary>
    private static string? Unavailable(Exception error) =>
        error switch
        {
            SqliteException sqlite => Reason(sqlite),
            UnauthorizedAccessException => "The folder of jobs cannot be written.",
            IOException => "The folder of jobs cannot be used.",
            JobsUnavailableException => error.Message,
            _ => null,
        };

    // https://www.sqlite.org/rescode.html
    private static string? Reason(SqliteException error) =>
        error.SqliteErrorCode switch
        {
            5 or 6 => "The database of jobs is locked.",
            8 => "The database of jobs cannot be written.",
            10 => "The disk of the database of jobs fails.",
            11 or 26 => "The database of jobs is damaged.",
            13 => "The disk of the database of jobs is full.",
            14 => "The database of jobs cannot be opened.",
            _ => null,
        };
}
