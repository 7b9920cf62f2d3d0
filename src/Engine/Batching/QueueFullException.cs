namespace InstructDiffusion.Engine.Batching;

/// <summary>The queue holds as much as it may; the same request can succeed later.</summary>
public sealed class QueueFullException(int waiting, string limit, TimeSpan retryAfter)
    : Exception($"The queue is full: {waiting} edits are waiting ({limit}).")
{
    /// <summary>When a place will be free for this caller, if it comes back then: whole seconds, 1 to 120.</summary>
    public TimeSpan RetryAfter { get; } = retryAfter;
}
