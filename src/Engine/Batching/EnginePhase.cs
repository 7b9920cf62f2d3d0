namespace InstructDiffusion.Engine.Batching;

/// <summary>Where an engine is in its life.</summary>
public enum EnginePhase
{
    /// <summary>The model is being loaded and warmed up.</summary>
    Loading,

    /// <summary>Edits are taken.</summary>
    Ready,

    /// <summary>No new edits; those accepted are being finished.</summary>
    Stopping,

    /// <summary>The thread has ended as asked.</summary>
    Stopped,

    /// <summary>The model could not be loaded, or the engine broke down.</summary>
    Failed,
}
