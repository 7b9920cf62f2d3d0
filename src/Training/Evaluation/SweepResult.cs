namespace InstructDiffusion.Training.Evaluation;

/// <summary>What settings gave.</summary>
/// <param name="Settings">The settings.</param>
/// <param name="Figure">The task's first figure.</param>
internal sealed record SweepResult(EditSettings Settings, FigureReport Figure);
