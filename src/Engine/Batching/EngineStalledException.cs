namespace InstructDiffusion.Engine.Batching;

/// <summary>The engine has not shown a sign of life for too long; it may come back.</summary>
public sealed class EngineStalledException(TimeSpan silence)
    : Exception($"The engine has not answered for {silence.TotalSeconds:0} s.");
