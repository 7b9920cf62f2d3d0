namespace InstructDiffusion.Training.Evaluation;

/// <summary>What was found of one task.</summary>
internal sealed record TaskReport
{
    /// <summary>One of <see cref="Data.Demo.DemoTask"/>.</summary>
    public required string Task { get; init; }

    /// <summary>Pairs looked at.</summary>
    public required int Pairs { get; init; }

    /// <summary>How the edits were made; absent when only the autoencoder was looked at.</summary>
    public EditSettings? Settings { get; init; }

    /// <summary>Answers that were no pictures (NaN or infinity) and count as plain grey.</summary>
    public required int NotFinite { get; init; }

    /// <summary>The first one decides the task's verdict.</summary>
    public required IReadOnlyList<FigureReport> Figures { get; init; }
}
