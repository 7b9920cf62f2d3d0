namespace InstructDiffusion.Training.Alignment;

/// <summary>Candidates, answers or picks cannot be used as they are. The message names the file and what was expected.</summary>
public sealed class AlignmentException(string message, Exception? inner = null) : Exception(message, inner);
