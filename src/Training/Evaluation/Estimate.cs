namespace InstructDiffusion.Training.Evaluation;

/// <summary>A figure with the interval in which it lies with 95 % confidence.</summary>
/// <param name="Value">On all pictures.</param>
/// <param name="Low">2.5 % of the resampled values are below.</param>
/// <param name="High">2.5 % are above.</param>
internal sealed record Estimate(double Value, double Low, double High);
