using System.Globalization;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>The report of the demo tasks as a page.</summary>
internal static class EvaluationPage
{
    private static readonly string[] _head =
    [
        "task",
        "figure",
        "pictures",
        "model",
        "doing nothing",
        "ceiling",
        "gain over nothing",
        "verdict",
    ];

    /// <summary>Lays it out.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="sheets">Of each task, PNG.</param>
    /// <param name="instructions">Of the pairs on each sheet.</param>
    public static ReportPage Of(
        EvaluationReport report,
        IReadOnlyDictionary<string, byte[]> sheets,
        IReadOnlyDictionary<string, IReadOnlyList<string>> instructions
    )
    {
        var page = new ReportPage($"{report.Model}: figures on {report.Split.Replace('_', '-')} data");
        page.Text(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Pictures of {report.Resolution} pixels, seed {report.Seed}, data {report.Data}, weights {report.Sha256}. "
            )
                + $"The autoencoder alone keeps sources to {ReportText.Show(report.AutoencoderPsnr, "dB")}. "
                + "Brackets hold 95 % intervals."
        );
        page.Table(_head, report.Tasks.SelectMany(task => task.Figures.Select(figure => Row(task.Task, figure))));
        foreach (TaskReport task in report.Tasks)
        {
            page.Heading(task.Task);
            string caption = string.Join(
                " · ",
                instructions[task.Task].Index().Select(one => $"{one.Index + 1}. {one.Item}")
            );
            page.Pictures(
                "Source, answer, target, and what was read out where anything is; two pairs a row.",
                [new ReportPicture($"{task.Task}.png", sheets[task.Task], caption)]
            );
        }
        return page;
    }

    private static IReadOnlyList<string> Row(string task, FigureReport figure) =>
        [
            task,
            FigureKind.TitleOf(figure.Name),
            figure.Pictures.ToString(CultureInfo.InvariantCulture),
            ReportText.Show(figure.Model, figure.Unit),
            ReportText.Show(figure.Identity, figure.Unit),
            ReportText.Show(figure.Ceiling, figure.Unit),
            ReportText.Show(figure.Gain, figure.Unit),
            figure.Verdict ?? "–",
        ];
}
