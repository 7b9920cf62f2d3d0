namespace InstructDiffusion.Training.Evaluation;

/// <summary>An evaluation cannot be made as asked.</summary>
public sealed class EvaluationException(string message, Exception? inner = null) : Exception(message, inner);
