using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Edits;

/// <summary>What the log will say about one request; a feature of it, filled in as it goes.</summary>
internal sealed class EditRecord
{
    /// <summary>The edit; null while it is not understood.</summary>
    public EditRequest? Request { get; set; }

    /// <summary>Its ticket, of several the first; null while it is not queued.</summary>
    public EditTicket? Ticket { get; private set; }

    /// <summary>It has joined the queue.</summary>
    public void Take(EditTicket ticket) => Ticket ??= ticket;
}
