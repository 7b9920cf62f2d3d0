using System.Globalization;
using System.Net;
using System.Text;
using InstructDiffusion.Training.Scoring.Pairs;

namespace InstructDiffusion.Training.Scoring.Report;

/// <summary>
/// The report as one HTML file that loads nothing: pictures and histograms are in it. Everything that comes from data is encoded, and
/// the page's policy would keep it from being run all the same.
/// </summary>
/// <param name="report">What it tells.</param>
/// <param name="pictureOf">A pair's pictures as a <c>data:</c> address; null where they cannot be read.</param>
internal sealed class ScoreReportPage(ScoreReport report, Func<int, string?> pictureOf)
{
    private const string Head = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <title>Scores of editing pairs</title>
        <style>
        body { font: 14px/1.4 sans-serif; color: #222; max-width: 1200px; margin: 1em auto; padding: 0 1em }
        table { border-collapse: collapse; margin: .5em 0 }
        td, th { padding: 2px 12px 2px 0; text-align: right; border-bottom: 1px solid #ddd }
        td:first-child, th:first-child, .words td, .words th { text-align: left }
        section { border-top: 1px solid #999; margin-top: 1.5em }
        figure { display: inline-block; width: 206px; margin: 0 8px 8px 0; vertical-align: top; font-size: 12px; overflow-wrap: anywhere }
        figure img { display: block; width: 200px; height: 100px; object-fit: contain; background: #eee }
        .out { color: #a33 }
        </style>
        </head>
        <body>

        """;

    private readonly StringBuilder _html = new(Head);

    /// <summary>The file's text.</summary>
    public string Build()
    {
        _html.Append("<h1>Scores of editing pairs</h1>\n");
        AppendKinds();
        AppendTable("Left out", ["reason", "pairs"], report.Reasons.Select(r => new[] { r.Reason, Count(r.Pairs) }));
        AppendTable(
            "Models",
            ["role", "name", "SHA-256"],
            report.Models.Select(model => new[] { model.Role, model.Name, model.Sha256 ?? "" }),
            style: "words"
        );
        foreach (ScoreFigures figures in report.Figures)
        {
            AppendScore(figures);
        }
        return _html.Append("</body>\n</html>\n").ToString();
    }

    private void AppendKinds()
    {
        int pairs = report.Kinds.Sum(kind => kind.Pairs);
        int kept = report.Kinds.Sum(kind => kind.Kept);
        string what = report.Selection is null ? "scored, nothing selected yet" : "scored and selected";
        _html.Append(CultureInfo.InvariantCulture, $"<p>{pairs:N0} pairs {what}; {kept:N0} are kept.</p>\n");
        _html.Append(
            "<p>In histograms, grey is every pair, blue those that are kept; the outermost bars hold what lies beyond.</p>\n"
        );
        AppendTable(
            "Pairs",
            ["kind", "pairs", "kept"],
            report.Kinds.Select(kind => new[] { kind.Kind, Count(kind.Pairs), Count(kind.Kept) })
        );
    }

    private void AppendScore(ScoreFigures figures)
    {
        string name = WebUtility.HtmlEncode(figures.Score);
        _html.Append($"<section>\n<h2>{name}</h2>\n{HistogramDrawing.Of(figures.Histogram)}");
        string[] quantiles = [.. figures.Quantiles.Select(Number)];
        AppendTable(
            null,
            ["pairs", "mean", "mean of kept", "least", "5 %", "25 %", "median", "75 %", "95 %", "most"],
            [
                [
                    Count(figures.Pairs),
                    Number(figures.Mean),
                    figures.MeanKept is { } mean ? Number(mean) : "–",
                    .. quantiles,
                ],
            ]
        );
        // Pairs that hardly change are no better than others.
        bool isLikeness = string.Equals(figures.Score, PairMeasures.Image, StringComparison.Ordinal);
        AppendExamples(isLikeness ? "Most alike" : "Best", figures.Best);
        AppendExamples(isLikeness ? "Least alike" : "Worst", figures.Worst);
        _html.Append("</section>\n");
    }

    private void AppendExamples(string title, IReadOnlyList<ExamplePair> examples)
    {
        _html.Append($"<h3>{title}</h3>\n");
        foreach (ExamplePair example in examples)
        {
            string picture = pictureOf(example.Index) is { } address
                ? $"<img alt=\"before and after\" src=\"{address}\">"
                : "<em>cannot be read</em>";
            string rejection = example.Rejection is { } reason
                ? $"<br><span class=\"out\">{WebUtility.HtmlEncode(reason)}</span>"
                : "";
            _html.Append(
                $"<figure>{picture}<figcaption><b>{Number(example.Value)}</b> {WebUtility.HtmlEncode(example.Instruction)}<br>"
                    + $"{WebUtility.HtmlEncode(example.Id)}{rejection}</figcaption></figure>\n"
            );
        }
    }

    private void AppendTable(string? title, string[] columns, IEnumerable<string[]> rows, string style = "figures")
    {
        string[][] cells = [.. rows];
        if (cells.Length == 0)
        {
            return;
        }
        if (title is not null)
        {
            _html.Append($"<h2>{title}</h2>\n");
        }
        _html
            .Append($"<table class=\"{style}\">\n<tr>")
            .AppendJoin("", columns.Select(column => $"<th>{column}</th>"))
            .Append("</tr>\n");
        foreach (string[] row in cells)
        {
            IEnumerable<string> encoded = row.Select(cell => $"<td>{WebUtility.HtmlEncode(cell)}</td>");
            _html.Append("<tr>").AppendJoin("", encoded).Append("</tr>\n");
        }
        _html.Append("</table>\n");
    }

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
