using Microsoft.Data.Sqlite;

namespace InstructDiffusion.Api.Jobs.Storage.Sqlite;

/// <summary>A change that waits for its turn, alone or together with others in one transaction.</summary>
internal abstract class PendingWrite
{
    private int _isTaken;

    /// <summary>Claims it, to run it or to give it up: the first to claim has it.</summary>
    public bool TryTake() => Interlocked.Exchange(ref _isTaken, 1) == 0;

    /// <summary>Makes the change, not yet durable. What it throws is kept for <see cref="Succeed"/>.</summary>
    /// <returns>What it threw; null if nothing.</returns>
    public abstract Exception? Run(SqliteConnection connection);

    /// <summary>The transaction is durable.</summary>
    public abstract void Succeed();

    /// <summary>The transaction, and with it this change, came to nothing.</summary>
    public abstract void Fail(Exception error);
}

/// <summary>A change that gives something.</summary>
internal sealed class PendingWrite<T>(Func<SqliteConnection, T> work) : PendingWrite
{
    private readonly TaskCompletionSource<T> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _error;

    /// <summary>What it gave, when that is durable.</summary>
    public Task<T> Outcome => _outcome.Task;

    public override Exception? Run(SqliteConnection connection)
    {
        try
        {
            _result = work(connection);
        }
        catch (Exception error)
        {
            _error = error;
        }
        return _error;
    }

    public override void Succeed()
    {
        if (_error is not null)
        {
            _outcome.TrySetException(_error);
        }
        else
        {
            _outcome.TrySetResult(_result!);
        }
    }

    public override void Fail(Exception error) => _outcome.TrySetException(error);
}
