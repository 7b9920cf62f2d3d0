using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>What work costs, as far as it is known at one moment: seconds of the engine. Immutable.</summary>
internal sealed record CostEstimate
{
    // How much cheaper than predicted an edit may turn out: what is refused for lack of time must not be refused wrongly for
    // ever, as only edits that run correct the prediction.
    private const double Optimism = 0.8;
    private const double OptimismUnmeasured = 0.5;
    private const double WellMeasured = 2;

    /// <summary>A step, over canvas pixels times rows.</summary>
    public Line StepLine { get; init; } = Line.Unknown;

    /// <summary>Preparing one edit, over canvas pixels.</summary>
    public Line PrepareLine { get; init; } = Line.Unknown;

    /// <summary>Decoding one picture, over canvas pixels.</summary>
    public Line FinishLine { get; init; } = Line.Unknown;

    /// <summary>The largest step that was measured, canvas pixels times rows.</summary>
    public long LargestStep { get; init; }

    /// <summary>When a step was last measured, by the queue's clock.</summary>
    public TimeSpan MeasuredAt { get; init; } = TimeSpan.MinValue;

    /// <summary>Work done a second, in seconds that the same edits would have taken one by one: what batching earns. About 1 or more.</summary>
    public double Gain { get; init; } = 1;

    /// <summary>One step of this many canvas pixels times rows.</summary>
    public double Step(long stepPixels) => StepLine.At(stepPixels);

    /// <summary>Encoding one edit.</summary>
    public double Prepare(EditShape shape) => PrepareLine.At(shape.WorkingSize.PixelCount);

    /// <summary>Decoding one edit.</summary>
    public double Finish(EditShape shape) => FinishLine.At(shape.WorkingSize.PixelCount);

    /// <summary>A whole edit by itself.</summary>
    public double Work(EditShape shape) => Prepare(shape) + shape.Steps * Step(shape.StepPixels) + Finish(shape);

    /// <summary>The rest of an edit by itself that has been prepared.</summary>
    public double Rest(EditShape shape, int stepsDone) =>
        (shape.Steps - stepsDone) * Step(shape.StepPixels) + Finish(shape);

    /// <summary>
    /// The longest round: a step of all that run, as far as one holds them, and one piece of other work before it. For so long
    /// nothing can be changed.
    /// </summary>
    /// <param name="runningPixels">Canvas pixels times rows of all that run.</param>
    /// <param name="limits">What a round may do.</param>
    public double Round(long runningPixels, BatchLimits limits) =>
        Step(Math.Clamp(runningPixels, 1, limits.MaxPixelsPerStep))
        + Math.Max(
            PrepareLine.At(Math.Min(runningPixels + 1, limits.MaxPixelsPerPreparation)),
            FinishLine.At(Math.Min(runningPixels + 1, limits.MaxPixelsPerPreparation))
        );

    /// <summary>True when steps about as large were measured.</summary>
    public bool IsMeasured(EditShape shape) => shape.StepPixels <= WellMeasured * LargestStep;

    /// <summary>
    /// The share of a prediction for this shape that the edit will need at least. Far beyond what was measured, a step may cost
    /// as little as the largest that was.
    /// </summary>
    public double AtLeast(EditShape shape) =>
        IsMeasured(shape) ? Optimism : OptimismUnmeasured * WellMeasured * LargestStep / shape.StepPixels;
}
