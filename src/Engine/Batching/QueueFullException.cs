namespace InstructDiffusion.Engine.Batching;

/// <summary>The queue holds as much as it may; the same request can succeed later.</summary>
public sealed class QueueFullException(int waiting, string limit)
    : Exception($"The queue is full: {waiting} edits are waiting ({limit}).");
