namespace InstructDiffusion.Engine.Batching;

/// <summary>How much may wait for one engine.</summary>
public sealed record QueueLimits
{
    /// <summary>Edits. At least 1.</summary>
    public int Capacity { get; init; } = 32;

    /// <summary>Source pixels in all, each of 3 bytes; one edit may exceed it when nothing else waits. At least 1.</summary>
    public long MaxPixels { get; init; } = 200_000_000;

    /// <summary>Predicted engine time in all; one edit may exceed it when nothing else waits. Above zero.</summary>
    public TimeSpan MaxWork { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Canvas pixels times rows of one edit, above which it is refused as too large for the memory; null for no limit.</summary>
    public long? MaxPixelsPerEdit { get; init; }

    /// <summary>Longest time that a refused caller is told to wait: what the SDKs of OpenAI still obey.</summary>
    internal static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(120);
}
