using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>A pair to edit and all that is known of it.</summary>
/// <param name="Truth">What is known.</param>
/// <param name="Instruction">What the model is told.</param>
internal sealed record EvaluatedPair(DemoTruth Truth, string Instruction);
