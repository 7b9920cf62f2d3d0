namespace InstructDiffusion.Engine.Loading;

/// <summary>A model cannot be loaded as asked; the message says what to do about it.</summary>
public sealed class ModelLoadException(string message, Exception? inner = null) : Exception(message, inner);
