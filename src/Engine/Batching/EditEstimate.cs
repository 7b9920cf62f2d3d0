using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>What would become of an edit that was asked for now.</summary>
/// <param name="Shape">How much work it is.</param>
/// <param name="Work">Engine time by itself; of several, the sum.</param>
/// <param name="Wait">Time until it would begin.</param>
/// <param name="Total">Time until its picture, of several the last, would be there.</param>
/// <param name="Refusal">What would be thrown; null when it would be accepted.</param>
public sealed record EditEstimate(EditShape Shape, TimeSpan Work, TimeSpan Wait, TimeSpan Total, Exception? Refusal);
