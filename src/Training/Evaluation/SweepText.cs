using System.Globalization;
using System.Text;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>What a sweep found, for people.</summary>
internal static class SweepText
{
    private const int Shown = 5;

    private static readonly string[] _head =
    [
        "steps",
        "text scale",
        "image scale",
        "figure",
        "model",
        "over seeds of the noise",
        "gain over nothing",
        "stated in the paper",
    ];

    /// <summary>The head of the table for a terminal.</summary>
    public static string Header =>
        $"| task or part | {string.Join(" | ", _head[..^1])} |\n| --- |{string.Concat(_head[..^1].Select(_ => " --- |"))}\n";

    /// <summary>The best rows of a task or part, for a terminal.</summary>
    public static string RowsOf(SweepSection section)
    {
        var text = new StringBuilder();
        foreach (SweepRow row in section.Rows.Take(Shown))
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"| {section.Name} | {string.Join(" | ", Cells(section, row)[..^1])} |\n"
            );
        }
        return text.ToString();
    }

    /// <summary>The whole as a page.</summary>
    public static ReportPage Page(SweepReport report)
    {
        var page = new ReportPage($"{report.Model}: settings tried on {report.Data}");
        page.Text(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Resolution {report.Resolution}, {report.Count} pairs or items each at most, seed {report.Seed}, weights {report.Sha256}. "
            )
                + "The best first. Brackets hold 95 % intervals by resampling of pictures, with the first seed of the noise where there "
                + "are several; then mean, least and most over the seeds. A preset that was chosen on these pictures flatters itself on "
                + "them: measure it with another seed."
        );
        foreach (SweepSection section in report.Sections)
        {
            page.Heading(section.Name);
            page.Table(_head, section.Rows.Select(row => Cells(section, row)));
        }
        return page;
    }

    private static string[] Cells(SweepSection section, SweepRow row)
    {
        FigureReport figure = row.Trials[0].Figures[0];
        string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
        return
        [
            Number(row.Settings.Steps),
            Number(row.Settings.TextScale),
            Number(row.Settings.ImageScale),
            FigureKind.TitleOf(figure.Name),
            ReportText.Show(figure.Model, figure.Unit),
            row.Trials.Count == 1 || row.Mean is null
                ? "–"
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{row.Mean:0.0} ({row.Least:0.0} to {row.Most:0.0} of {row.Trials.Count})"
                ),
            ReportText.Show(figure.Gain, figure.Unit),
            PaperFigure.List(section.Paper),
        ];
    }
}
