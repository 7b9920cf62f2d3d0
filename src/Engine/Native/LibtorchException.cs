namespace InstructDiffusion.Engine.Native;

/// <summary>libtorch is missing or does not fit this system.</summary>
public sealed class LibtorchException(string message, Exception? inner = null) : Exception(message, inner);
