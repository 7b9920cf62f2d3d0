namespace InstructDiffusion.Training.Evaluation;

/// <summary>One figure of a task for each of the answers compared. A row is absent where no picture says anything.</summary>
internal sealed record FigureReport
{
    /// <summary>With fewer pictures an interval by resampling is too narrow to decide anything.</summary>
    private const int FewestToDecide = 20;

    /// <summary><see cref="FigureKind.Name"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Of the values.</summary>
    public required string Unit { get; init; }

    /// <summary>Pictures that the figure says something of.</summary>
    public required int Pictures { get; init; }

    /// <summary>The model's answers.</summary>
    public Estimate? Model { get; init; }

    /// <summary>Doing nothing: the source as the answer.</summary>
    public Estimate? Identity { get; init; }

    /// <summary>The true target after a round trip through the autoencoder.</summary>
    public Estimate? Ceiling { get; init; }

    /// <summary>How much better the model is than doing nothing, picture by picture; above 0 is better also where less is better.</summary>
    public Estimate? Gain { get; init; }

    /// <summary><c>better</c> or <c>worse</c> where the gain's interval of 20 or more pictures does not hold 0, else <c>undecided</c>.</summary>
    public string? Verdict { get; init; }

    /// <summary>Compares the rows of a figure.</summary>
    /// <param name="kind">Which figure.</param>
    /// <param name="rows">Measurements of the same pictures, by answer.</param>
    /// <param name="bootstrap">Makes the intervals.</param>
    public static FigureReport Of(FigureKind kind, FigureRows rows, Bootstrap bootstrap)
    {
        Estimate? gain =
            rows.Model is null ? null
            : kind.IsHigherBetter ? bootstrap.Difference(rows.Model, rows.Identity)
            : bootstrap.Difference(rows.Identity, rows.Model);
        int pictures = rows.Identity.Count(measurement => measurement.Denominator > 0);
        return new FigureReport
        {
            Name = kind.Name,
            Unit = kind.Unit,
            Pictures = pictures,
            Model = rows.Model is null ? null : bootstrap.Of(rows.Model),
            Identity = bootstrap.Of(rows.Identity),
            Ceiling = bootstrap.Of(rows.Ceiling),
            Gain = gain,
            Verdict = VerdictOf(gain, pictures),
        };
    }

    /// <summary>What <see cref="Verdict"/> says.</summary>
    /// <param name="gain">As <see cref="Gain"/>.</param>
    /// <param name="pictures">As <see cref="Pictures"/>.</param>
    public static string? VerdictOf(Estimate? gain, int pictures) =>
        gain switch
        {
            null => null,
            _ when pictures < FewestToDecide => "undecided",
            { Low: > 0 } => "better",
            { High: < 0 } => "worse",
            _ => "undecided",
        };
}
