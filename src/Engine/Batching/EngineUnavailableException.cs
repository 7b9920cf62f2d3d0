namespace InstructDiffusion.Engine.Batching;

/// <summary>The engine does not take edits: it is still loading its model, is stopping, or has failed.</summary>
public sealed class EngineUnavailableException(string reason, Exception? innerException = null)
    : Exception(reason, innerException);
