using System.Globalization;
using System.Net;
using System.Text;

namespace InstructDiffusion.Training.Reporting;

/// <summary>Curves as a picture for documents: axes with ticks, a line for each series, a legend.</summary>
public sealed record CurvePlot
{
    private const int Width = 800;
    private const int Height = 440;
    private const int Left = 70;
    private const int Right = 20;
    private const int Top = 40;
    private const int Bottom = 55;
    private const int LegendRow = 18;

    // Okabe and Ito 2008: told apart by the colour-blind as well.
    private static readonly string[] _colours =
    [
        "#000000",
        "#0072b2",
        "#d55e00",
        "#009e73",
        "#cc79a7",
        "#e69f00",
        "#56b4e9",
        "#999999",
    ];

    /// <summary>What the picture shows.</summary>
    public required string Title { get; init; }

    /// <summary>What lies along the horizontal axis.</summary>
    public string XLabel { get; init; } = "step";

    /// <summary>What lies along the vertical axis.</summary>
    public required string YLabel { get; init; }

    /// <summary>Equal factors have equal heights; values of 0 and below are not shown.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>The lines, in the legend's order.</summary>
    public required IReadOnlyList<CurveSeries> Series { get; init; }

    /// <summary>The picture as an SVG file's text.</summary>
    public string ToSvg()
    {
        IEnumerable<(double X, double Y)> points = Series.SelectMany(series => series.Points);
        var x = new CurveAxis(points.Select(point => point.X), Left, Width - Right, isLogarithmic: false);
        var y = new CurveAxis(points.Select(point => point.Y), Height - Bottom, Top, IsLogarithmic);
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" width="{Width}" height="{Height}" font-family="sans-serif" font-size="12" fill="#333">
            <rect width="{Width}" height="{Height}" fill="#fff"/>

            """
        );
        AppendText(svg, Width / 2.0, Top / 2.0, "middle", Title, "font-size=\"15\"");
        AppendText(svg, (Left + Width - Right) / 2.0, Height - 12, "middle", XLabel);
        double middle = (Top + Height - Bottom) / 2.0;
        AppendText(svg, 18, middle, "middle", YLabel, $"transform=\"rotate(-90 18 {Number(middle)})\"");
        AppendAxes(svg, x, y);
        for (int i = 0; i < Series.Count; i++)
        {
            string colour = _colours[i % _colours.Length];
            AppendLines(svg, Series[i], colour, x, y);
            double row = Top + 12 + (i * LegendRow);
            const int Legend = Width - Right - 150;
            svg.AppendLine(
                $"<path d=\"M{Legend} {Number(row)}h22\" stroke=\"{colour}\" stroke-width=\"2\" fill=\"none\"/>"
            );
            AppendText(svg, Legend + 28, row + 4, "start", Series[i].Name);
        }
        return svg.AppendLine("</svg>").ToString();
    }

    private static void AppendAxes(StringBuilder svg, CurveAxis x, CurveAxis y)
    {
        const int Floor = Height - Bottom;
        foreach (double tick in y.Ticks)
        {
            string at = Number(y.Pixel(tick));
            svg.AppendLine($"<path d=\"M{Left} {at}H{Width - Right}\" stroke=\"#ddd\"/>");
            AppendText(svg, Left - 6, y.Pixel(tick) + 4, "end", CurveAxis.Text(tick));
        }
        foreach (double tick in x.Ticks)
        {
            svg.AppendLine($"<path d=\"M{Number(x.Pixel(tick))} {Floor}v5\" stroke=\"#333\"/>");
            AppendText(svg, x.Pixel(tick), Floor + 18, "middle", CurveAxis.Text(tick));
        }
        svg.AppendLine($"<path d=\"M{Left} {Top}V{Floor}H{Width - Right}\" stroke=\"#333\" fill=\"none\"/>");
    }

    private static void AppendLines(StringBuilder svg, CurveSeries series, string colour, CurveAxis x, CurveAxis y)
    {
        var path = new StringBuilder();
        bool isDrawing = false;
        foreach ((double atX, double atY) in series.Points)
        {
            (double left, double top) = (x.Pixel(atX), y.Pixel(atY));
            bool canDraw = double.IsFinite(left) && double.IsFinite(top);
            if (canDraw)
            {
                path.Append(isDrawing ? 'L' : 'M').Append(Number(left)).Append(' ').Append(Number(top));
            }
            isDrawing = canDraw;
        }
        svg.AppendLine(
            $"<path d=\"{path}\" stroke=\"{colour}\" stroke-width=\"1.5\" fill=\"none\" stroke-linejoin=\"round\"/>"
        );
    }

    private static void AppendText(
        StringBuilder svg,
        double x,
        double y,
        string anchor,
        string text,
        string attributes = ""
    ) =>
        svg.AppendLine(
            $"<text x=\"{Number(x)}\" y=\"{Number(y)}\" text-anchor=\"{anchor}\" {attributes}>{WebUtility.HtmlEncode(text)}</text>"
        );

    private static string Number(double pixel) => pixel.ToString("0.#", CultureInfo.InvariantCulture);
}
