namespace InstructDiffusion.Engine.Batching;

/// <summary>How much the engine does at once. An edit that alone exceeds a limit of a step still runs, by itself.</summary>
public sealed record BatchLimits
{
    /// <summary>
    /// Edits of one size between their encoding and their decoding; the others wait in the queue. Edits of a lower class do
    /// not count against one of a higher class. At least 1.
    /// </summary>
    public int MaxRunningEdits { get; init; } = 4;

    /// <summary>Edits of all sizes and classes between their encoding and their decoding. At least 1.</summary>
    public int MaxHeldEdits { get; init; } = 16;

    /// <summary>UNet rows of one step; an edit has 1 to 3. At least 1.</summary>
    public int MaxRowsPerStep { get; init; } = 12;

    /// <summary>Canvas pixels times rows of one step, which is what a step's memory grows with. At least 1.</summary>
    public long MaxPixelsPerStep { get; init; } = 12 * 512 * 512;

    /// <summary>Canvas pixels that are encoded together between two steps: how long the running edits are held up by newcomers. At least 1.</summary>
    public long MaxPixelsPerPreparation { get; init; } = 4 * 512 * 512;

    /// <summary>Waiting time that lifts an edit one class; also the engine time that one class is worth against another caller's share.</summary>
    public TimeSpan Ageing { get; init; } = TimeSpan.FromSeconds(30);
}
