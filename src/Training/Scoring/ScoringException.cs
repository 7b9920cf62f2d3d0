namespace InstructDiffusion.Training.Scoring;

/// <summary>What scores are to be made of does not fit together; the message says what and which.</summary>
internal sealed class ScoringException(string message, Exception? inner = null) : Exception(message, inner);
