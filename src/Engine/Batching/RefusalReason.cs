namespace InstructDiffusion.Engine.Batching;

/// <summary>Why an edit was not accepted.</summary>
public enum RefusalReason
{
    /// <summary>As much waits as may.</summary>
    QueueFull,

    /// <summary>It could not be done within its time limit.</summary>
    Deadline,

    /// <summary>It does not fit into the device's memory.</summary>
    Memory,

    /// <summary>The same request broke the engine before.</summary>
    Quarantined,

    /// <summary>The engine is loading, stopping, stalled or has failed.</summary>
    Unavailable,
}
