namespace InstructDiffusion.Training.Editors;

/// <summary>A server cannot be asked, or refuses an edit.</summary>
public sealed class EditServerException(string message, Exception? inner = null) : Exception(message, inner);
