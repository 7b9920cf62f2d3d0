using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>What work costs, as far as it is known at one moment: seconds of the engine. Immutable.</summary>
internal sealed record CostEstimate
{
    // How much cheaper than predicted an edit may turn out: what is refused for lack of time must not be refused wrongly for
    // ever, as only edits that run correct the prediction.
    private const double Optimism = 0.8;
    private const double OptimismUnmeasured = 0.5;

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

    /// <summary>The share of a prediction for this shape that the edit will need at least.</summary>
    public double AtLeast(EditShape shape) => shape.StepPixels <= 2 * LargestStep ? Optimism : OptimismUnmeasured;
}
