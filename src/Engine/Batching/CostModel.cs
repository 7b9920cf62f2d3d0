using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Predicts what edits cost, and corrects itself with every piece of work: an edit is its steps, each a line over canvas pixels
/// times rows, and its encoding and decoding, lines over canvas pixels. The engine's thread observes, any thread reads.
/// </summary>
internal sealed class CostModel(TimeProvider time)
{
    // Weight of the newest step in the gain of batching.
    private const double Newest = 0.1;

    private readonly LinearCost _step = new();
    private readonly LinearCost _prepare = new();
    private readonly LinearCost _finish = new();
    private volatile CostEstimate _estimate = new();

    /// <summary>What is known now.</summary>
    public CostEstimate Estimate => _estimate;

    /// <summary>How well steps were predicted.</summary>
    public Accuracy Steps { get; } = new();

    /// <summary>How well whole edits were predicted, waiting included.</summary>
    public Accuracy Edits { get; } = new();

    /// <summary>Edits of these shapes were prepared together.</summary>
    public void Prepared(IReadOnlyList<EditShape> shapes, TimeSpan taken)
    {
        _prepare.Observe(shapes.Average(shape => shape.WorkingSize.PixelCount), taken.TotalSeconds / shapes.Count);
        _estimate = _estimate with { PrepareLine = _prepare.Line };
    }

    /// <summary>Edits of these shapes took a step together.</summary>
    public void Stepped(IReadOnlyList<EditShape> shapes, TimeSpan taken)
    {
        long amount = shapes.Sum(shape => shape.StepPixels);
        CostEstimate before = _estimate;
        if (before.StepLine.IsKnown)
        {
            Steps.Add(taken.TotalSeconds / before.Step(amount));
        }
        _step.Observe(amount, taken.TotalSeconds);
        double gain = shapes.Sum(shape => before.Step(shape.StepPixels)) / before.Step(amount);
        _estimate = before with
        {
            StepLine = _step.Line,
            LargestStep = Math.Max(before.LargestStep, amount),
            MeasuredAt = time.SinceStart(),
            Gain = before.Gain + Newest * (gain - before.Gain),
        };
    }

    /// <summary>An edit was decoded, to this many pictures.</summary>
    public void Finished(EditShape shape, int pictures, TimeSpan taken)
    {
        _finish.Observe(shape.WorkingSize.PixelCount, taken.TotalSeconds / pictures);
        _estimate = _estimate with { FinishLine = _finish.Line };
    }

    /// <summary>An edit gave its picture.</summary>
    /// <param name="predicted">Time from joining to the result, as predicted when it joined.</param>
    /// <param name="actual">As it was.</param>
    public void Ended(TimeSpan predicted, TimeSpan actual)
    {
        if (predicted > TimeSpan.Zero)
        {
            Edits.Add(actual / predicted);
        }
    }
}
