using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Data;

/// <summary>A data set cannot be used: it is missing, malformed, of another version, or mostly broken.</summary>
public sealed class DatasetException(string message, Exception? inner = null) : Exception(PlainText.Of(message), inner);
