using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// One edit handed to the engine. Ends in exactly one of: a result, an error, cancelled. Made by the caller's thread, served
/// by the engine's thread, awaited through <see cref="Completion"/>.
/// </summary>
public sealed class EditTicket
{
    // Continuations must not run on the engine's thread: they encode pictures and write to sockets.
    private readonly TaskCompletionSource<EditResult> _completion = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    /// <summary>A ticket for one edit.</summary>
    /// <param name="request">What to do, already validated.</param>
    /// <param name="options">How it wants to be served; null for the defaults.</param>
    /// <param name="cancellationToken">Takes the edit out of the queue, or out of the running batch at its next step.</param>
    public EditTicket(
        EditRequest request,
        EditTicketOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        Request = request;
        Options = options ?? new EditTicketOptions();
        CancellationToken = cancellationToken;
    }

    /// <summary>What to do.</summary>
    public EditRequest Request { get; }

    /// <summary>How it wants to be served.</summary>
    public EditTicketOptions Options { get; }

    /// <summary>Cancels the edit.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>The one outcome: the result, the exception that stopped this edit, or cancelled.</summary>
    public Task<EditResult> Completion => _completion.Task;

    /// <summary>Time between joining the queue and the start of the work; final once <see cref="Completion"/> is.</summary>
    public TimeSpan QueueTime { get; internal set; }

    /// <summary>Time between the start of the work and the outcome, shared with the edits batched beside; zero if it never started.</summary>
    public TimeSpan EngineTime { get; internal set; }

    /// <summary>When it joined the queue, by the queue's clock.</summary>
    internal long EnqueuedAt { get; set; }

    internal bool IsCancelled => CancellationToken.IsCancellationRequested;

    internal void Report(EditProgress progress) => Options.OnProgress?.Invoke(progress);

    internal void Complete(EditResult result) => _completion.TrySetResult(result);

    internal void Fail(Exception error) => _completion.TrySetException(error);

    internal void Cancel() => _completion.TrySetCanceled(CancellationToken);
}
