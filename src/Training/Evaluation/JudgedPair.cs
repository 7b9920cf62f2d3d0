using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>A pair with the answers to it, for the sheets.</summary>
/// <param name="Pair">What was asked.</param>
/// <param name="Before">The source after a round trip through the autoencoder.</param>
/// <param name="Answer">The model's; the ceiling's when only the autoencoder is looked at.</param>
internal sealed record JudgedPair(EvaluatedPair Pair, RgbImage Before, RgbImage Answer);
