namespace InstructDiffusion.Training.Running;

/// <summary>The loss or the gradients are no longer finite. Nothing of that step was kept; the last checkpoint is good.</summary>
public sealed class TrainingDivergedException(string message) : Exception(message);
