namespace InstructDiffusion.Api.Observability;

/// <summary>Why an edit was not taken, as it is counted.</summary>
internal enum Refusal
{
    /// <summary>As much waits as may.</summary>
    QueueFull,

    /// <summary>It could not be done within its time limit.</summary>
    Deadline,

    /// <summary>Its caller has had its share.</summary>
    Quota,

    /// <summary>The server is stopping.</summary>
    Draining,

    /// <summary>It does not fit into the device's memory.</summary>
    TooBig,

    /// <summary>It broke the engine before.</summary>
    Quarantined,

    /// <summary>The model is being loaded, could not be, or the engine does not answer.</summary>
    NotReady,
}
