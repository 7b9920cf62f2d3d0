using System.Xml.Linq;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Reporting;

public sealed class CurvePlotTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void ToSvg_TwoSeries_HasTitleAxesLinesAndLegend()
    {
        XElement picture = Draw([new("a & b", [(0, 1), (50, 0.5), (100, 0)]), new("c", [(0, 0), (100, 1)])]);

        string[] texts = Texts(picture);
        Assert.Contains("Loss of <demo>", texts);
        Assert.Contains("a & b", texts);
        Assert.Contains("step", texts);
        Assert.Equal(
            ["0", "0.2", "0.4", "0.6", "0.8", "1"],
            texts.Where(text => text is ['0' or '1'] or ['0', '.', ..]).Distinct()
        );
        Assert.Contains("M70 40L425 212.5L780 385", Lines(picture));
        Assert.Contains("M70 385L780 40", Lines(picture));
    }

    [Fact]
    public void ToSvg_PointThatIsNoNumber_InterruptsTheLine()
    {
        XElement picture = Draw([new("loss", [(0, 0), (1, 1), (2, double.NaN), (3, 1), (4, 0)])]);

        Assert.Contains("M70 385L247.5 40M602.5 40L780 385", Lines(picture));
    }

    [Fact]
    public void ToSvg_Logarithmic_HasDecadesAtEqualHeights()
    {
        XElement picture = Draw([new("loss", [(0, 10), (1, 1), (2, 0.1), (3, 0), (4, 0.01)])], isLogarithmic: true);

        Assert.Contains("M70 40L247.5 155L425 270M780 385", Lines(picture));
        Assert.Superset(new HashSet<string> { "10", "1", "0.1", "0.01" }, Texts(picture).ToHashSet());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void ToSvg_ConstantOrEmpty_IsDrawn(int points)
    {
        (double, double)[] flat = [.. Enumerable.Range(0, points).Select(_ => (5.0, 0.25))];

        XElement picture = Draw([new("loss", flat)]);

        Assert.DoesNotContain("NaN", picture.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("∞", picture.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Losses_LongRun_IsMeansByTask()
    {
        IEnumerable<StepRecord> records = Enumerable
            .Range(0, 1000)
            .Select(step => StepRecords.Of(step, loss: step % 2));

        IReadOnlyList<CurveSeries> series = CurveSeries.Losses(records, points: 10);

        Assert.Equal(["all", "removal", "segmentation"], series.Select(line => line.Name));
        Assert.All(series, line => Assert.Equal(10, line.Points.Count));
        Assert.Equal(49.5, series[0].Points[0].X, tolerance: 1e-9);
        Assert.All(series[0].Points, point => Assert.Equal(0.5, point.Y, tolerance: 1e-9));
        Assert.All(series[1].Points, point => Assert.Equal(0.25, point.Y, tolerance: 1e-9));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.05, "0.05")]
    [InlineData(0.30000000000000004, "0.3")]
    [InlineData(5000, "5000")]
    [InlineData(20_000, "20k")]
    [InlineData(2_500_000, "2.5M")]
    [InlineData(0.00002, "2e-5")]
    public void Text_Tick_IsShort(double tick, string expected) => Assert.Equal(expected, CurveAxis.Text(tick));

    private static XElement Draw(IReadOnlyList<CurveSeries> series, bool isLogarithmic = false)
    {
        var plot = new CurvePlot
        {
            Title = "Loss of <demo>",
            YLabel = "loss",
            IsLogarithmic = isLogarithmic,
            Series = series,
        };
        return XElement.Parse(plot.ToSvg());
    }

    private static string[] Texts(XElement picture) =>
        [.. picture.Descendants(Svg + "text").Select(text => text.Value)];

    private static string[] Lines(XElement picture) =>
        [.. picture.Descendants(Svg + "path").Select(path => path.Attribute("d")!.Value)];
}
