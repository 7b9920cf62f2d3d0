namespace InstructDiffusion.Training.Data.Templates;

/// <summary>The contents of a file of phrasings.</summary>
/// <param name="Train">To train on.</param>
/// <param name="HeldOut">Kept for evaluation.</param>
internal sealed record PhrasingFile(IReadOnlyList<string> Train, IReadOnlyList<string> HeldOut);
