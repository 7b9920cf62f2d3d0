namespace InstructDiffusion.Engine.Batching;

/// <summary>What an engine has in hand, told by its thread after every round.</summary>
/// <param name="Running">The edits it holds.</param>
/// <param name="Used">Virtual seconds of every tenant that is present.</param>
internal sealed record EngineLoad(IReadOnlyList<RunningLoad> Running, IReadOnlyDictionary<string, double> Used)
{
    /// <summary>Nothing.</summary>
    public static EngineLoad None { get; } = new([], new Dictionary<string, double>());
}
