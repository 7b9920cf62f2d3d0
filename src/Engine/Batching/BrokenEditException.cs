namespace InstructDiffusion.Engine.Batching;

/// <summary>An edit broke a stage of the engine by itself; the others were not harmed. Sent again, it would most likely do so again.</summary>
public sealed class BrokenEditException(EngineStage stage, Exception innerException)
    : Exception($"The edit failed in the engine ({stage}): {innerException.Message}", innerException)
{
    /// <summary>Where.</summary>
    public EngineStage Stage { get; } = stage;
}
