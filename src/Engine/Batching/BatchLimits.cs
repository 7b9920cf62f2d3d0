namespace InstructDiffusion.Engine.Batching;

/// <summary>How much the engine does at once. An edit that alone exceeds a limit of a step still runs, by itself.</summary>
public sealed record BatchLimits
{
    /// <summary>Edits between their encoding and their decoding; the others wait in the queue. At least 1.</summary>
    public int MaxRunningEdits { get; init; } = 4;

    /// <summary>UNet rows of one step; an edit has 1 to 3. At least 1.</summary>
    public int MaxRowsPerStep { get; init; } = 12;

    /// <summary>Canvas pixels times rows of one step, which is what a step's memory grows with. At least 1.</summary>
    public long MaxPixelsPerStep { get; init; } = 12 * 512 * 512;
}
