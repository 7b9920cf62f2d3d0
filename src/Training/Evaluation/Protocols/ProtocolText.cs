using System.Globalization;
using System.Text;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>A protocol's report as the parts of a page: headings, tables and pictures.</summary>
internal static class ProtocolText
{
    private static readonly string[] _head =
    [
        "figure",
        "items",
        "model",
        "doing nothing",
        "ceiling",
        "gain over nothing",
        "verdict",
        "stated in the paper",
    ];

    /// <summary>Lays it out.</summary>
    /// <param name="report">What was found.</param>
    /// <param name="examples">Of each part: what was asked, and the picture's name.</param>
    public static ReportPage Of(
        ProtocolReport report,
        IReadOnlyDictionary<string, IReadOnlyList<ReportPicture>> examples
    )
    {
        var page = new ReportPage($"{report.Model}: {report.Protocol} on {report.Set}");
        EditSettings settings = report.Settings;
        string made = string.Equals(report.Editor, EvaluatedModel.Http, StringComparison.Ordinal)
            ? "asked for over HTTP"
            : "made in process";
        page.Text(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Resolution {report.Resolution}, {settings.Steps} steps of {settings.Sampler}, text scale {settings.TextScale}, "
            )
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"image scale {settings.ImageScale}, seed {report.Seed}, weights {report.Sha256}, edits {made}."
                )
        );
        page.Text(
            "Brackets hold 95 % intervals, by resampling of pictures. Doing nothing is the source as the answer; the ceiling is "
                + "what a perfect model's pictures give after a round trip through the autoencoder. The paper's figures (arXiv "
                + "2309.03895v1) are of whole sets, with settings and post-processing that it does not tell."
        );
        foreach (ProtocolSection section in report.Splits)
        {
            page.Heading(section.Split);
            page.Text(About(section));
            page.Table(_head, section.Figures.Select(Row));
            page.Pictures(
                "Source, answer, what a perfect model would paint, and what was read out, as far as there are such.",
                examples.GetValueOrDefault(section.Split, [])
            );
        }
        return page;
    }

    private static string About(ProtocolSection section)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"{section.Items} of {section.ItemsOfAll} items, data {section.Data}."
        );
        if (section.Broken > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" {section.Broken} items could not be read and are left out.");
        }
        if (section.NotFinite > 0)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $" {section.NotFinite} answers were not finite and count as grey."
            );
        }
        return text.ToString();
    }

    private static IReadOnlyList<string> Row(ProtocolFigureReport figure)
    {
        FigureReport measured = figure.Measured;
        string Show(Estimate? estimate) => ReportText.Show(estimate, measured.Unit, Digits(measured.Name));
        return
        [
            FigureKind.TitleOf(measured.Name),
            measured.Pictures.ToString(CultureInfo.InvariantCulture),
            Show(measured.Model),
            Show(measured.Identity),
            Show(measured.Ceiling),
            Show(measured.Gain),
            measured.Verdict ?? "–",
            PaperFigure.List(figure.Paper),
        ];
    }

    private static int Digits(string figure) => figure is "ssim" or "lpips" or "mean_change" ? 3 : 2;
}
