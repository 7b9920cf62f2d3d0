using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>An edit whose state the engine holds.</summary>
internal sealed class RunningEdit(EditTicket ticket, EditState state, TimeSpan startedAt)
{
    public EditTicket Ticket { get; } = ticket;

    public EditState State { get; } = state;

    /// <summary>When its preparation began, by the batch's clock.</summary>
    public TimeSpan StartedAt { get; } = startedAt;

    /// <summary>What it asks of the engine.</summary>
    public EditShape Shape { get; } = new(state.WorkingSize, state.Rows, state.StepCount);

    /// <summary>
    /// Seconds that its steps so far would have taken by themselves, level with the others when it joined. What edits of one
    /// tenant and class have had is kept equal, so that sharing slows all down alike, whatever their sizes.
    /// </summary>
    public double Served { get; set; }

    /// <summary>Its steps are over, by their number or by its deadline; it waits for its decoding.</summary>
    public bool IsDenoised => IsCut || State.IsDenoised;

    /// <summary>It is decoded as it is, as its deadline wants it.</summary>
    public bool IsCut { get; set; }
}
