namespace InstructDiffusion.Training.Data.Demo;

/// <summary>One way to refer to an object, in several wordings; drawn in proportion to its weight.</summary>
/// <param name="Wordings">Without article, e.g. <c>heart on the left</c>.</param>
/// <param name="Weight">Above 0.</param>
internal readonly record struct ReferringPhrase(IReadOnlyList<string> Wordings, double Weight);
