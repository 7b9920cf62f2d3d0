using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>A look at an engine from outside its thread.</summary>
public sealed record EngineStatus
{
    /// <summary>Where it is in its life.</summary>
    public required EnginePhase Phase { get; init; }

    /// <summary>In words, why it takes no edits; null when <see cref="EnginePhase.Ready"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>The model; null until it is loaded.</summary>
    public ModelDescription? Model { get; init; }

    /// <summary>Time since the working thread last showed that it lives: one step long under load; zero when it is idle.</summary>
    public TimeSpan SinceHeartbeat { get; init; }

    /// <summary>True while it has been silent for too long: it hangs, or works on something far too large.</summary>
    public bool IsStalled { get; init; }

    /// <summary>Edits in flight.</summary>
    public int Running { get; init; }

    /// <summary>Edits that wait.</summary>
    public int Waiting { get; init; }
}
