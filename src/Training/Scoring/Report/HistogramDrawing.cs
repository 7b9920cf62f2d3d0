using System.Globalization;
using System.Text;

namespace InstructDiffusion.Training.Scoring.Report;

/// <summary>A histogram as SVG: grey for all pairs, blue for those that are kept.</summary>
internal static class HistogramDrawing
{
    private const int Width = 480;
    private const int Height = 140;
    private const int Floor = Height - 20;
    private const int Top = 14;

    /// <summary>An <c>svg</c> element.</summary>
    public static string Of(ScoreHistogram histogram)
    {
        int most = Math.Max(histogram.All.Max(), 1);
        double wide = (double)Width / histogram.All.Count;
        var svg = new StringBuilder();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" font-size=\"11\" role=\"img\">\n"
        );
        AppendBars(svg, histogram.All, "#ccc");
        AppendBars(svg, histogram.Kept, "#0072b2");
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M0 {Floor}H{Width}\" stroke=\"#333\"/>\n");
        AppendText(0, Height - 6, "start", histogram.From);
        AppendText(Width / 2, Height - 6, "middle", (histogram.From + histogram.To) / 2);
        AppendText(Width, Height - 6, "end", histogram.To);
        AppendText(0, Top - 4, "start", most);
        return svg.Append("</svg>\n").ToString();

        void AppendBars(StringBuilder into, IReadOnlyList<int> counts, string colour)
        {
            var path = new StringBuilder();
            for (int i = 0; i < counts.Count; i++)
            {
                double high = (double)counts[i] / most * (Floor - Top);
                path.Append(
                    CultureInfo.InvariantCulture,
                    $"M{i * wide:0.#} {Floor}v{-high:0.#}h{wide - 1:0.#}V{Floor}z"
                );
            }
            into.Append(CultureInfo.InvariantCulture, $"<path d=\"{path}\" fill=\"{colour}\"/>\n");
        }

        void AppendText(int x, int y, string anchor, double value) =>
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{value:G4}</text>\n"
            );
    }
}
