namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>From what was noted of items to figures with their intervals.</summary>
/// <param name="plan">What was evaluated.</param>
/// <param name="paperSet">The data set as the paper's tables know it.</param>
internal sealed class ProtocolSections(ProtocolPlan plan, string paperSet)
{
    private readonly Bootstrap _bootstrap = new(plan.Seed);

    /// <summary>The figures of a part.</summary>
    /// <param name="split">Its name.</param>
    /// <param name="protocol">Its questions.</param>
    /// <param name="notes">Of all its items.</param>
    /// <exception cref="EvaluationException">No item could be read.</exception>
    public ProtocolSection Of(string split, IProtocol protocol, IReadOnlyList<ItemNotes> notes)
    {
        ItemNotes[] measured = [.. notes.Where(item => item.Model is not null)];
        if (measured.Length == 0)
        {
            throw new EvaluationException($"{split}: no item could be read, e.g. {notes[0].Broken}");
        }
        int[] items = [.. measured.Select(item => item.Index)];
        // Items of one picture are drawn together.
        int[][] pictures =
        [
            .. Enumerable
                .Range(0, items.Length)
                .GroupBy(place => protocol.PictureOf(items[place]), StringComparer.Ordinal)
                .Select(group => group.ToArray()),
        ];
        double[][] model = [.. measured.Select(item => item.Model!)];
        double[][] identity = [.. measured.Select(item => item.Identity!)];
        double[][]? ceiling = measured.All(item => item.Ceiling is not null)
            ? [.. measured.Select(item => item.Ceiling!)]
            : null;
        return new ProtocolSection
        {
            Split = split,
            Data = protocol.Fingerprint,
            ItemsOfAll = protocol.Count,
            Items = items.Length,
            Broken = notes.Count - items.Length,
            NotFinite = notes.Sum(item => item.NotFinite),
            Figures =
            [
                .. protocol
                    .FiguresOf(items)
                    .Select(figure => new ProtocolFigureReport(
                        Of(figure, pictures, model, identity, ceiling),
                        PaperFigures.Of(plan.Protocol, paperSet, split, figure.Kind.Name)
                    )),
            ],
        };
    }

    private FigureReport Of(
        ProtocolFigure figure,
        int[][] pictures,
        double[][] model,
        double[][] identity,
        double[][]? ceiling
    )
    {
        Estimate? Estimate(Func<int[], double> statistic) =>
            _bootstrap.Of(pictures.Length, chosen => statistic([.. chosen.SelectMany(picture => pictures[picture])]));
        double sign = figure.Kind.IsHigherBetter ? 1 : -1;
        // One after another, not both in turn: a figure remembers the notes that it saw last.
        var ofModel = new Dictionary<int, double>();
        int drawn = 0;
        Estimate? modelEstimate = Estimate(chosen => ofModel[drawn++] = figure.Statistic(model, chosen));
        int compared = 0;
        var gains = new Dictionary<int, double>();
        Estimate? identityEstimate = Estimate(chosen =>
        {
            double value = figure.Statistic(identity, chosen);
            if (ofModel.TryGetValue(compared, out double ours))
            {
                gains[compared] = sign * (ours - value);
            }
            compared++;
            return value;
        });
        int gained = 0;
        Estimate? gain =
            figure.Kind.IsGoal && gains.Count == ofModel.Count && compared == drawn
                ? Estimate(_ => gains[gained++])
                : null;
        return new FigureReport
        {
            Name = figure.Kind.Name,
            Unit = figure.Kind.Unit,
            Pictures = figure.Items,
            Model = modelEstimate,
            Identity = identityEstimate,
            Ceiling = ceiling is null ? null : Estimate(chosen => figure.Statistic(ceiling, chosen)),
            Gain = gain,
            Verdict = FigureReport.VerdictOf(gain, pictures.Length),
        };
    }
}
