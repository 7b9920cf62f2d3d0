namespace InstructDiffusion.Training.Evaluation;

/// <summary>Measurements of one figure, picture by picture.</summary>
/// <param name="Model">The model's answers; null when only the autoencoder is looked at.</param>
/// <param name="Identity">The sources.</param>
/// <param name="Ceiling">The targets after a round trip through the autoencoder.</param>
internal sealed record FigureRows(
    IReadOnlyList<Measurement>? Model,
    IReadOnlyList<Measurement> Identity,
    IReadOnlyList<Measurement> Ceiling
);
