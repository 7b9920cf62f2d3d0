using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Caching;

/// <summary>
/// Edits that may be asked for again: a result that is remembered is given at once, and an edit that is already running is
/// waited for. Everybody who waits may leave alone; the engine drops the edit when the last one has. A failure reaches all who
/// wait, and is not remembered.
/// </summary>
internal sealed class SharedEdits(
    EditAdmission admission,
    ResultCache results,
    CacheMetrics metrics,
    IOptions<CacheOptions> options
)
{
    // An edit leaves this dictionary and enters the cache in one go, so that whoever holds the lock finds it in one of them.
    private readonly Dictionary<EditKey, SharedEdit> _running = [];
    private readonly Lock _lock = new();

    /// <summary>Gives the result of an edit.</summary>
    /// <param name="key">What it is.</param>
    /// <param name="request">The same, to be done if need be.</param>
    /// <param name="wishes">How it wants to be served.</param>
    /// <param name="reuse">How long its result may be of use to others.</param>
    /// <param name="queued">Told of the ticket that is waited for; not when the result is there already.</param>
    /// <param name="cancellationToken">Ends this wait alone.</param>
    /// <exception cref="QueueFullException">The queue is full.</exception>
    /// <exception cref="EngineUnavailableException">The engine takes no edits now.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<FinishedEdit> RunAsync(
        EditKey key,
        EditRequest request,
        EditTicketOptions wishes,
        EditReuse reuse,
        Action<EditTicket>? queued,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new EditWaiter(wishes);
        SharedEdit? edit;
        CacheOutcome outcome;
        lock (_lock)
        {
            if (results.Find(key) is { } known)
            {
                metrics.Count(CacheOutcome.Hit);
                return FinishedEdit.Remembered(request, known);
            }
            bool isRunning = _running.TryGetValue(key, out edit) && edit.Suits(wishes);
            outcome = isRunning ? CacheOutcome.Coalesced : CacheOutcome.Miss;
            if (isRunning)
            {
                edit!.Join(waiter, reuse);
            }
            else
            {
                edit = Start(key, new SharedEdit(request, wishes, reuse, waiter));
            }
            metrics.Count(outcome);
        }
        try
        {
            queued?.Invoke(edit!.Ticket);
            EditResult result = await waiter.Done.WaitAsync(cancellationToken);
            return new FinishedEdit(request, result, edit!.Ticket.QueueTime, edit.Ticket.EngineTime)
            {
                Cache = outcome,
                Origin = edit.Origin,
            };
        }
        finally
        {
            await LeaveAsync(key, edit!, waiter);
        }
    }

    private SharedEdit Start(EditKey key, SharedEdit edit)
    {
        try
        {
            admission.Enqueue(edit.Ticket);
        }
        catch
        {
            edit.Dispose();
            throw;
        }
        if (options.Value.Coalesce && SharedEdit.CanShare(edit.Ticket.Options))
        {
            // One that is there already did not suit this one, and may not suit the next.
            _running[key] = edit;
        }
        _ = FollowAsync(key, edit);
        return edit;
    }

    private async Task FollowAsync(EditKey key, SharedEdit edit)
    {
        try
        {
            EditResult result = await edit.Ticket.Completion;
            foreach (EditWaiter waiter in End(key, edit, result))
            {
                waiter.Complete(result);
            }
        }
        catch (Exception error)
        {
            foreach (EditWaiter waiter in End(key, edit, result: null))
            {
                waiter.Fail(error);
            }
        }
        if (!edit.IsAbandoned)
        {
            edit.Dispose();
        }
    }

    private IReadOnlyList<EditWaiter> End(EditKey key, SharedEdit edit, EditResult? result)
    {
        lock (_lock)
        {
            // A picture cut short by somebody's deadline is not what the request means.
            if (result is { Finish: EditFinish.Completed })
            {
                results.Keep(key, result, edit.Reuse);
            }
            Forget(key, edit);
            return edit.End();
        }
    }

    // Waits until the engine has let go of an edit that nobody wants, so that its times are final.
    private async Task LeaveAsync(EditKey key, SharedEdit edit, EditWaiter waiter)
    {
        lock (_lock)
        {
            edit.Leave(waiter);
            if (!edit.IsAbandoned)
            {
                return;
            }
            Forget(key, edit);
        }
        await edit.Ticket.Completion.ContinueWith(
            static ended => ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
        edit.Dispose();
    }

    private void Forget(EditKey key, SharedEdit edit)
    {
        if (_running.GetValueOrDefault(key) == edit)
        {
            _running.Remove(key);
        }
    }
}
