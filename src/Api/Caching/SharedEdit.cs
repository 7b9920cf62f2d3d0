using System.Diagnostics;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Caching;

/// <summary>
/// An edit in the engine and all who wait for it. Whoever joins and leaves holds the lock of <see cref="SharedEdits"/>; the
/// engine's thread reports without it.
/// </summary>
internal sealed class SharedEdit : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly EditTicketOptions _options;
    private volatile EditWaiter[] _waiters;

    /// <summary>An edit that is not yet queued, with its first waiter.</summary>
    public SharedEdit(EditRequest request, EditTicketOptions options, EditReuse reuse, EditWaiter first)
    {
        _options = options;
        _waiters = [first];
        Reuse = reuse;
        Ticket = new EditTicket(request, options with { OnProgress = Report, OnPreview = Show }, _cancel.Token);
    }

    /// <summary>Where its first waiter's trace stood.</summary>
    public ActivityContext Origin { get; } = Activity.Current?.Context ?? default;

    /// <summary>Its ticket, served as its first waiter wanted.</summary>
    public EditTicket Ticket { get; }

    /// <summary>The most that any waiter allowed.</summary>
    public EditReuse Reuse { get; private set; }

    /// <summary>True once the last waiter has left before the end.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>True once its outcome has been handed out.</summary>
    public bool IsOver { get; private set; }

    /// <summary>
    /// Whether edits so served are shared at all. One with a time limit is not: it would be dropped for one waiter's limit, and
    /// by another's it would have to be admitted anew.
    /// </summary>
    public static bool CanShare(EditTicketOptions options) => options.TimeLimit is null;

    /// <summary>Whether it serves someone with these wishes as well as an edit of their own would: no less urgent, the same previews.</summary>
    public bool Suits(EditTicketOptions options) =>
        CanShare(options)
        && _options.Priority <= options.Priority
        && (options.PreviewEvery == 0 || options.PreviewEvery == _options.PreviewEvery);

    public void Join(EditWaiter waiter, EditReuse reuse)
    {
        _waiters = [.. _waiters, waiter];
        Reuse = reuse > Reuse ? reuse : Reuse;
    }

    /// <summary>Someone waits no longer. When it was the last, the edit leaves the engine at its next step.</summary>
    public void Leave(EditWaiter waiter)
    {
        _waiters = [.. _waiters.Where(other => other != waiter)];
        if (_waiters.Length == 0 && !IsOver)
        {
            IsAbandoned = true;
            _cancel.Cancel();
        }
    }

    /// <summary>It has its outcome.</summary>
    /// <returns>Those to tell.</returns>
    public IReadOnlyList<EditWaiter> End()
    {
        IsOver = true;
        return _waiters;
    }

    public void Dispose() => _cancel.Dispose();

    private void Report(EditProgress progress)
    {
        foreach (EditWaiter waiter in _waiters)
        {
            waiter.Report(progress);
        }
    }

    private void Show(EditProgress progress, RgbImage preview)
    {
        foreach (EditWaiter waiter in _waiters)
        {
            waiter.Show(progress, preview);
        }
    }
}
