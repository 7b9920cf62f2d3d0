using System.Xml.Linq;
using InstructDiffusion.Training.Scoring.Report;

namespace InstructDiffusion.Training.Tests.Scoring.Report;

public sealed class ScoreHistogramTests
{
    [Fact]
    public void Of_OneValueFarOut_StandsInTheLastBarAndStretchesNothing()
    {
        double[] values = [.. Enumerable.Range(0, 1000).Select(i => i / 1000.0), 1e9];

        ScoreHistogram histogram = ScoreHistogram.Of(values, values[..10]);

        Assert.InRange(histogram.To, 0.99, 1);
        Assert.Equal(1001, histogram.All.Sum());
        Assert.Equal(10, histogram.Kept.Sum());
        Assert.All(histogram.All, bar => Assert.InRange(bar, 25, 45));
    }

    [Fact]
    public void Of_ValuesThatAreAllTheSame_IsOneBarInTheMiddle()
    {
        ScoreHistogram histogram = ScoreHistogram.Of([3, 3, 3], []);

        Assert.Equal((2.5, 3.5), (histogram.From, histogram.To));
        Assert.Equal(3, histogram.All[16]);
        Assert.Equal(3, histogram.All.Sum());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.5, 2.5)]
    [InlineData(0.25, 1.75)]
    [InlineData(1, 4)]
    public void Quantile_BetweenNeighbours_IsInProportion(double part, double expected) =>
        Assert.Equal(expected, ScoreHistogram.Quantile([1, 2, 3, 4], part), 1e-12);

    [Fact]
    public void Drawing_OfAnyHistogram_IsWellFormedSvg()
    {
        string svg = HistogramDrawing.Of(ScoreHistogram.Of([-1e6, 0, 1], [0]));

        XElement root = XElement.Parse(svg);
        Assert.Equal("svg", root.Name.LocalName);
        Assert.Equal(3, root.Elements().Count(element => element.Name.LocalName == "path"));
    }
}
