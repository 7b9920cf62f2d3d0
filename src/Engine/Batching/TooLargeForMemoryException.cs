namespace InstructDiffusion.Engine.Batching;

/// <summary>An edit does not fit into the device's memory even by itself: the same request cannot succeed here.</summary>
public sealed class TooLargeForMemoryException(string reason, Exception? innerException = null)
    : Exception(reason, innerException);
