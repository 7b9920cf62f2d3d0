using InstructDiffusion.Api.Caching;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Edits;

/// <summary>What the log will say about one request; a feature of it, filled in as it goes.</summary>
internal sealed class EditRecord
{
    /// <summary>The edit; null while it is not understood.</summary>
    public EditRequest? Request { get; set; }

    /// <summary>How it wants to be served; null while it is not understood.</summary>
    public EditTicketOptions? Options { get; set; }

    /// <summary>Pictures that are made of it.</summary>
    public int Count { get; set; } = 1;

    /// <summary>Its ticket, of several the first; null while it is not queued.</summary>
    public EditTicket? Ticket { get; private set; }

    /// <summary>Where its pictures came from; null when they were to be made anew, or are not there yet.</summary>
    public CacheOutcome? Cache { get; private set; }

    /// <summary>The record of a request; made when it has none.</summary>
    public static EditRecord Of(HttpContext http)
    {
        if (http.Features.Get<EditRecord>() is { } known)
        {
            return known;
        }
        var made = new EditRecord();
        http.Features.Set(made);
        return made;
    }

    /// <summary>It has joined the queue.</summary>
    public void Take(EditTicket ticket) => Ticket ??= ticket;

    /// <summary>It has its pictures.</summary>
    public void Finish(IReadOnlyList<FinishedEdit> finished) => Cache = finished.Max(edit => edit.Cache);
}
