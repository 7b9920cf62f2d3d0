namespace InstructDiffusion.Training.Evaluation;

/// <summary>What an evaluation is of.</summary>
/// <param name="Name">Of the model.</param>
/// <param name="Sha256">Of its files.</param>
/// <param name="Editor">How it is asked: <see cref="InProcess"/>, <see cref="Http"/>, or null for an autoencoder alone.</param>
internal sealed record EvaluatedModel(string Name, string Sha256, string? Editor)
{
    /// <summary>Loaded by the evaluation itself.</summary>
    public const string InProcess = "in_process";

    /// <summary>Behind a server.</summary>
    public const string Http = "http";
}
