using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Data;

/// <summary>One sample of a data set cannot be used: a damaged picture, a missing file. The message names the file.</summary>
public sealed class BrokenSampleException(string message, Exception? inner = null)
    : Exception(PlainText.Of(message), inner);
