using System.Diagnostics;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

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

    private int _ended;

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
        Origin = Activity.Current?.Context ?? default;
        SourcePixels = (long)request.Image.Width * request.Image.Height;
        CancellationToken = cancellationToken;
    }

    /// <summary>What to do.</summary>
    public EditRequest Request { get; }

    /// <summary>True when it has every model call to itself.</summary>
    internal bool IsAlone => Request.Determinism == Determinism.BatchInvariant;

    /// <summary>How it wants to be served.</summary>
    public EditTicketOptions Options { get; }

    /// <summary>Cancels the edit.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>The one outcome: the result, the exception that stopped this edit, or cancelled.</summary>
    public Task<EditResult> Completion => _completion.Task;

    /// <summary>How much work it is; known once it has joined the queue.</summary>
    public EditShape Shape { get; internal set; }

    /// <summary>Predicted engine time of this edit by itself; known once it has joined the queue.</summary>
    public TimeSpan PredictedWork { get; internal set; }

    /// <summary>Predicted time between joining the queue and the result, with what waited and ran then; known once it has joined.</summary>
    public TimeSpan PredictedTime { get; internal set; }

    /// <summary>Model evaluations done so far.</summary>
    public int StepsDone { get; internal set; }

    /// <summary>Time between joining the queue and the start of the work; final once <see cref="Completion"/> is.</summary>
    public TimeSpan QueueTime { get; internal set; }

    /// <summary>Time between the start of the work and the outcome, shared with the edits batched beside; zero if it never started.</summary>
    public TimeSpan EngineTime { get; internal set; }

    /// <summary>Most edits that shared a step with it, itself counted; 0 before its first.</summary>
    public int MostInStep { get; internal set; }

    /// <summary>Where the trace stood of whoever made it.</summary>
    internal ActivityContext Origin { get; }

    /// <summary>Pixels of the source picture.</summary>
    internal long SourcePixels { get; init; }

    /// <summary>When it joined the queue, by the queue's clock.</summary>
    internal TimeSpan EnqueuedAt { get; set; }

    /// <summary>Told once when the ticket ends, before <see cref="Completion"/> does.</summary>
    internal Action<EditTicket, EditOutcome>? Ended { get; set; }

    /// <summary>When its result is wanted, by the queue's clock; null for whenever.</summary>
    internal TimeSpan? Deadline => EnqueuedAt + Options.TimeLimit;

    /// <summary>True once it has its outcome, or its caller has given it up: no more work is to be spent on it.</summary>
    internal bool IsOver => Volatile.Read(ref _ended) != 0 || CancellationToken.IsCancellationRequested;

    internal void Report(EditProgress progress) => Options.OnProgress?.Invoke(progress);

    internal void Show(EditProgress progress, RgbImage preview) => Options.OnPreview?.Invoke(progress, preview);

    internal void Complete(EditResult result)
    {
        if (TryEnd(EditOutcome.Succeeded))
        {
            _completion.SetResult(result);
        }
    }

    internal void Fail(Exception error)
    {
        if (TryEnd(error is DeadlineExceededException ? EditOutcome.Expired : EditOutcome.Failed))
        {
            _completion.SetException(error);
        }
    }

    internal void Cancel()
    {
        if (TryEnd(EditOutcome.Cancelled))
        {
            _completion.SetCanceled(CancellationToken);
        }
    }

    // The engine, the queue and the watchdog may all end it; the first one wins.
    private bool TryEnd(EditOutcome outcome)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return false;
        }
        Ended?.Invoke(this, outcome);
        return true;
    }
}
