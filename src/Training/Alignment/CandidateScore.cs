using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Alignment;

/// <summary>How good a candidate is, measured against the right answer.</summary>
/// <param name="source">The picture before.</param>
/// <param name="target">The right answer, of the same size.</param>
/// <param name="candidate">What the model made, of the same size.</param>
/// <returns>More is better; finite.</returns>
internal delegate double CandidateScore(RgbImage source, RgbImage target, RgbImage candidate);
