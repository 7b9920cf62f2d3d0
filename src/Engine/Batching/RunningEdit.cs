using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>An edit whose state the engine holds.</summary>
internal sealed class RunningEdit(EditTicket ticket, EditState state, long startedAt)
{
    public EditTicket Ticket { get; } = ticket;

    public EditState State { get; } = state;

    /// <summary>When its preparation began, by the batch's clock.</summary>
    public long StartedAt { get; } = startedAt;

    /// <summary>How long its preparation took.</summary>
    public TimeSpan PrepareTime { get; init; }

    /// <summary>Number of the last round it took a step in; 0 before its first.</summary>
    public long LastRound { get; set; }

    /// <summary>What one step costs: canvas pixels times rows.</summary>
    public long Cost => State.WorkingSize.PixelCount * State.Rows;
}
