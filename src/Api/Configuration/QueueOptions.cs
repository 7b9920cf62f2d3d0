using System.ComponentModel.DataAnnotations;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Configuration;

/// <summary>Section <c>Queue</c>: how much work is accepted, and how much of it runs at once.</summary>
internal sealed class QueueOptions
{
    public const string Section = "Queue";

    private static readonly BatchLimits Defaults = new();
    private static readonly QueueLimits QueueDefaults = new();

    /// <summary>Edits that may wait; more are refused with 429.</summary>
    [Range(1, 10_000)]
    public int Capacity { get; init; } = QueueDefaults.Capacity;

    /// <summary>Source pixels that may wait in all; each holds 3 bytes.</summary>
    [Range(1, 10_000_000_000)]
    public long MaxWaitingPixels { get; init; } = QueueDefaults.MaxPixels;

    /// <summary>Predicted seconds of engine time that may wait in all; more are refused with 429.</summary>
    [Range(1, 1_000_000)]
    public double MaxWaitingSeconds { get; init; } = QueueDefaults.MaxWork.TotalSeconds;

    /// <summary>Canvas pixels times rows of one edit, above which it is refused with 507; null for no limit but the memory's own.</summary>
    [Range(64 * 64, 10_000_000_000)]
    public long? MaxPixelsPerEdit { get; init; }

    /// <summary>Seconds of waiting that lift an edit one class, and what one class is worth against another caller's share.</summary>
    [Range(1, 86_400)]
    public double AgeingSeconds { get; init; } = Defaults.Ageing.TotalSeconds;

    /// <summary>Edits of one size that run at once, not counting those of a lower class.</summary>
    [Range(1, 1_000)]
    public int MaxRunningEdits { get; init; } = Defaults.MaxRunningEdits;

    /// <summary>Edits of all sizes and classes that have been encoded and not yet decoded.</summary>
    [Range(1, 10_000)]
    public int MaxHeldEdits { get; init; } = Defaults.MaxHeldEdits;

    /// <summary>UNet rows of one step; an edit has 1 to 3.</summary>
    [Range(1, 3_000)]
    public int MaxRowsPerStep { get; init; } = Defaults.MaxRowsPerStep;

    /// <summary>Canvas pixels times rows of one step, which memory grows with.</summary>
    [Range(64 * 64, 10_000_000_000)]
    public long MaxPixelsPerStep { get; init; } = Defaults.MaxPixelsPerStep;

    /// <summary>Canvas pixels that are encoded together between two steps: how long newcomers may hold up the running edits.</summary>
    [Range(64 * 64, 10_000_000_000)]
    public long MaxPixelsPerPreparation { get; init; } = Defaults.MaxPixelsPerPreparation;

    /// <summary>What may wait.</summary>
    public QueueLimits ToQueueLimits() =>
        new()
        {
            Capacity = Capacity,
            MaxPixels = MaxWaitingPixels,
            MaxWork = TimeSpan.FromSeconds(MaxWaitingSeconds),
            MaxPixelsPerEdit = MaxPixelsPerEdit,
        };

    /// <summary>What the engine does at once.</summary>
    public BatchLimits ToBatchLimits() =>
        new()
        {
            MaxRunningEdits = MaxRunningEdits,
            MaxHeldEdits = MaxHeldEdits,
            MaxPixelsPerPreparation = MaxPixelsPerPreparation,
            Ageing = TimeSpan.FromSeconds(AgeingSeconds),
            MaxRowsPerStep = MaxRowsPerStep,
            MaxPixelsPerStep = MaxPixelsPerStep,
        };
}
