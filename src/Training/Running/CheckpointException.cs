namespace InstructDiffusion.Training.Running;

/// <summary>A checkpoint cannot be gone on from: a part is missing or damaged, or it belongs to another run.</summary>
public sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
