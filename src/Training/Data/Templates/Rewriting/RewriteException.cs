namespace InstructDiffusion.Training.Data.Templates.Rewriting;

/// <summary>A chat endpoint is not there, refuses, or answers with what is no answer.</summary>
public sealed class RewriteException(string message, Exception? inner = null) : Exception(message, inner);
