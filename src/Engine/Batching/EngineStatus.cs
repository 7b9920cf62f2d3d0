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

    /// <summary>Time since the thread last began a round: one step long under load. Long silence means that it hangs.</summary>
    public TimeSpan SinceHeartbeat { get; init; }

    /// <summary>Edits in flight.</summary>
    public int Running { get; init; }

    /// <summary>Edits that wait.</summary>
    public int Waiting { get; init; }
}
