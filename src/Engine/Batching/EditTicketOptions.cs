using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>How an edit wants to be served; what it is stands in its request.</summary>
public sealed record EditTicketOptions
{
    /// <summary>Its class.</summary>
    public EditPriority Priority { get; init; } = EditPriority.Standard;

    /// <summary>Whose share of the engine it takes; the empty name is one caller like any other.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>Time from joining the queue within which the result is wanted; null for none. What cannot make it is refused or dropped.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>What becomes of it when <see cref="TimeLimit"/> is over while it runs.</summary>
    public DeadlineAction OnDeadline { get; init; } = DeadlineAction.Fail;

    /// <summary>
    /// Called on the engine's thread after each step: must be quick and must not throw; an exception from it fails this edit.
    /// </summary>
    public Action<EditProgress>? OnProgress { get; init; }

    /// <summary>Steps between two previews; 0 for none. The last step gives none, as the picture follows.</summary>
    public int PreviewEvery { get; init; }

    /// <summary>Called on the engine's thread with a small picture of what the edit looks like so far; as <see cref="OnProgress"/>.</summary>
    public Action<EditProgress, RgbImage>? OnPreview { get; init; }
}
