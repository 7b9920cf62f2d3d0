namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>What the evaluation of a protocol found; <c>report.json</c>.</summary>
internal sealed record ProtocolReport
{
    /// <summary>Of the file's form.</summary>
    public const int CurrentVersion = 1;

    /// <summary><see cref="CurrentVersion"/>.</summary>
    public required int Version { get; init; }

    /// <summary>Of <see cref="ProtocolNames"/>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The data set.</summary>
    public required string Set { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>Of the model's files.</summary>
    public required string Sha256 { get; init; }

    /// <summary><c>in_process</c> or <c>http</c>.</summary>
    public required string Editor { get; init; }

    /// <summary>Of the model's canvas, pixels.</summary>
    public required int Resolution { get; init; }

    /// <summary>Of the items drawn, phrasings, noise and resampling.</summary>
    public required long Seed { get; init; }

    /// <summary>How edits were made.</summary>
    public required EditSettings Settings { get; init; }

    /// <summary>By part of the data set.</summary>
    public required IReadOnlyList<ProtocolSection> Splits { get; init; }
}

/// <summary>What was found of one part.</summary>
internal sealed record ProtocolSection
{
    /// <summary>Its name.</summary>
    public required string Split { get; init; }

    /// <summary>Fingerprint of its data.</summary>
    public required string Data { get; init; }

    /// <summary>Items that the part has.</summary>
    public required int ItemsOfAll { get; init; }

    /// <summary>Items that were measured.</summary>
    public required int Items { get; init; }

    /// <summary>Items that could not be read.</summary>
    public required int Broken { get; init; }

    /// <summary>Answers that were no pictures and count as plain grey.</summary>
    public required int NotFinite { get; init; }

    /// <summary>The most important one first.</summary>
    public required IReadOnlyList<ProtocolFigureReport> Figures { get; init; }
}

/// <summary>A figure beside the paper's.</summary>
/// <param name="Measured">What was found.</param>
/// <param name="Paper">What the paper states; empty where it does not.</param>
internal sealed record ProtocolFigureReport(FigureReport Measured, IReadOnlyList<PaperFigure> Paper);
