using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Tests.Batching.Simulation;

/// <summary>How long an engine takes, in seconds.</summary>
/// <param name="StepConstant">A step of nothing: what a batch shares.</param>
/// <param name="StepPerMegapixelRow">More for each million canvas pixels times rows.</param>
/// <param name="Prepare">Encoding one edit.</param>
/// <param name="Finish">Decoding one edit.</param>
internal sealed record EngineSpeed(double StepConstant, double StepPerMegapixelRow, double Prepare, double Finish)
{
    /// <summary>A processor: twice the rows take twice as long, and batching earns nothing.</summary>
    public static EngineSpeed Linear { get; } = new(0, 1, 0.3, 0.6);

    /// <summary>A graphics card that a single edit does not fill: four edits take hardly longer than one.</summary>
    public static EngineSpeed Shared { get; } = new(0.5, 0.1, 0.1, 0.2);

    public TimeSpan Step(IEnumerable<EditState> states) =>
        Seconds(
            StepConstant + StepPerMegapixelRow * states.Sum(state => state.WorkingSize.PixelCount * state.Rows) / 1e6
        );

    /// <summary>A whole edit by itself.</summary>
    public double Alone(EditShape shape) =>
        Prepare + shape.Steps * (StepConstant + StepPerMegapixelRow * shape.StepPixels / 1e6) + Finish;

    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
