namespace InstructDiffusion.Training.Evaluation;

/// <summary>What a sweep found; its <c>report.json</c>.</summary>
internal sealed record SweepReport
{
    /// <summary>Of the file's form.</summary>
    public const int CurrentVersion = 1;

    /// <summary><see cref="CurrentVersion"/>.</summary>
    public required int Version { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>Of the model's files.</summary>
    public required string Sha256 { get; init; }

    /// <summary><c>in_process</c> or <c>http</c>.</summary>
    public required string Editor { get; init; }

    /// <summary>What it was tried on: the demo's part, or protocol and data set.</summary>
    public required string Data { get; init; }

    /// <summary>Of the model's canvas, pixels.</summary>
    public required int Resolution { get; init; }

    /// <summary>Pairs of each task, or items of each part at most.</summary>
    public required int Count { get; init; }

    /// <summary>Of what was drawn, and of the noise where settings name no other.</summary>
    public required long Seed { get; init; }

    /// <summary>By task, or by part of the data set.</summary>
    public required IReadOnlyList<SweepSection> Sections { get; init; }
}

/// <summary>What was tried on one task, or on one part of a data set.</summary>
internal sealed record SweepSection
{
    /// <summary>The task or the part.</summary>
    public required string Name { get; init; }

    /// <summary>The best first.</summary>
    public required IReadOnlyList<SweepRow> Rows { get; init; }

    /// <summary>What the paper states for the first figure; empty where it does not.</summary>
    public IReadOnlyList<PaperFigure> Paper { get; init; } = [];
}

/// <summary>What one way of editing gave.</summary>
internal sealed record SweepRow
{
    /// <summary>The settings, without a seed of the noise.</summary>
    public required EditSettings Settings { get; init; }

    /// <summary>The first figure, its mean over the trials; null where it says nothing.</summary>
    public double? Mean { get; init; }

    /// <summary>The least of the trials.</summary>
    public double? Least { get; init; }

    /// <summary>The most of the trials.</summary>
    public double? Most { get; init; }

    /// <summary>One for each seed of the noise.</summary>
    public required IReadOnlyList<SweepTrial> Trials { get; init; }

    /// <summary>A row with its summary.</summary>
    public static SweepRow Of(EditSettings settings, IReadOnlyList<SweepTrial> trials)
    {
        double[] values = [.. trials.Select(trial => trial.Figures[0].Model).OfType<Estimate>().Select(e => e.Value)];
        return new SweepRow
        {
            Settings = settings,
            Mean = values.Length == 0 ? null : values.Average(),
            Least = values.Length == 0 ? null : values.Min(),
            Most = values.Length == 0 ? null : values.Max(),
            Trials = trials,
        };
    }
}

/// <summary>One evaluation of a sweep.</summary>
/// <param name="NoiseSeed">Of the noise; null for the sweep's own seed.</param>
/// <param name="Figures">The most important one first.</param>
internal sealed record SweepTrial(long? NoiseSeed, IReadOnlyList<FigureReport> Figures);
