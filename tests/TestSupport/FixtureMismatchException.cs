namespace InstructDiffusion.TestSupport;

/// <summary>A value differs from the reference data by more than the tolerance.</summary>
public sealed class FixtureMismatchException(string message) : Exception(message);
