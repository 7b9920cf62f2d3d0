namespace InstructDiffusion.Engine.Batching;

/// <summary>The very same request broke the engine before, and is not tried again for a while.</summary>
public sealed class QuarantinedException(int failures)
    : Exception($"This very request broke the engine {failures} times; it is not tried again for now.");
