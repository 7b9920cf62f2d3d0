using System.ComponentModel.DataAnnotations;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Configuration;

/// <summary>Section <c>Queue</c>: how much work is accepted, and how much of it runs at once.</summary>
internal sealed class QueueOptions
{
    public const string Section = "Queue";

    private static readonly BatchLimits Defaults = new();

    /// <summary>Edits that may wait; more are refused with 429.</summary>
    [Range(1, 10_000)]
    public int Capacity { get; init; } = 32;

    /// <summary>Source pixels that may wait in all; each holds 3 bytes.</summary>
    [Range(1, 10_000_000_000)]
    public long MaxWaitingPixels { get; init; } = 200_000_000;

    /// <summary>Edits that run at once.</summary>
    [Range(1, 1_000)]
    public int MaxRunningEdits { get; init; } = Defaults.MaxRunningEdits;

    /// <summary>UNet rows of one step; an edit has 1 to 3.</summary>
    [Range(1, 3_000)]
    public int MaxRowsPerStep { get; init; } = Defaults.MaxRowsPerStep;

    /// <summary>Canvas pixels times rows of one step, which memory grows with.</summary>
    [Range(64 * 64, 10_000_000_000)]
    public long MaxPixelsPerStep { get; init; } = Defaults.MaxPixelsPerStep;

    /// <summary>The engine's part of these options.</summary>
    public BatchLimits ToBatchLimits() =>
        new()
        {
            MaxRunningEdits = MaxRunningEdits,
            MaxRowsPerStep = MaxRowsPerStep,
            MaxPixelsPerStep = MaxPixelsPerStep,
        };
}
