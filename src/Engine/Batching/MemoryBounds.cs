using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// What the device's memory was seen not to hold. Forgotten after a while, as another program may have held the memory.
/// The engine's thread notes, any thread asks.
/// </summary>
internal sealed class MemoryBounds(TimeProvider time)
{
    /// <summary>How long a bound holds.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(15);

    private readonly Lock _lock = new();
    private Bound _batch = Bound.None;
    private Bound _preparation = Bound.None;
    private Bound _edit = Bound.None;
    private Bound _canvas = Bound.None;

    /// <summary>Most canvas pixels times rows of a step of several edits.</summary>
    public long MostStepPixels => Value(ref _batch);

    /// <summary>Most canvas pixels that are encoded together.</summary>
    public long MostPreparationPixels => Value(ref _preparation);

    /// <summary>Several edits could not be encoded together: from now on at most half of that is tried at once.</summary>
    public void PreparationFailed(long pixels) => Lower(ref _preparation, pixels / 2);

    /// <summary>A step of several edits did not fit: from now on at most half of it is tried at once.</summary>
    public void StepFailed(long stepPixels) => Lower(ref _batch, stepPixels / 2);

    /// <summary>A step of one edit did not fit.</summary>
    public void EditFailed(long stepPixels) => Lower(ref _edit, stepPixels - 1);

    /// <summary>Encoding or decoding one canvas did not fit.</summary>
    public void CanvasFailed(long pixels) => Lower(ref _canvas, pixels - 1);

    /// <summary>In words, why an edit will not fit; null when it may.</summary>
    public string? Refusal(EditShape shape)
    {
        long edit = Value(ref _edit);
        if (shape.StepPixels > edit)
        {
            return $"{shape.Rows} rows of {shape.WorkingSize} are {shape.StepPixels} pixels in each step; at most {edit} were found to fit into the memory";
        }
        long canvas = Value(ref _canvas);
        return shape.WorkingSize.PixelCount > canvas
            ? $"{shape.WorkingSize} has {shape.WorkingSize.PixelCount} pixels; at most {canvas} were found to fit into the memory"
            : null;
    }

    private long Value(ref Bound bound)
    {
        lock (_lock)
        {
            return Now() < bound.Until ? bound.Most : long.MaxValue;
        }
    }

    private void Lower(ref Bound bound, long most)
    {
        lock (_lock)
        {
            long known = Now() < bound.Until ? bound.Most : long.MaxValue;
            bound = new Bound(Math.Min(known, Math.Max(1, most)), Now() + Remembered);
        }
    }

    private TimeSpan Now() => time.SinceStart();

    private readonly record struct Bound(long Most, TimeSpan Until)
    {
        public static Bound None { get; } = new(long.MaxValue, TimeSpan.MinValue);
    }
}
