namespace InstructDiffusion.Api.Callers;

/// <summary>The server does not start; the message says what to do.</summary>
internal sealed class StartRefusedException(string message) : Exception(message);
