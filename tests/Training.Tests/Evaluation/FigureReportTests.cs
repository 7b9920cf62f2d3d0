using InstructDiffusion.Training.Evaluation;

namespace InstructDiffusion.Training.Tests.Evaluation;

public sealed class FigureReportTests
{
    [Theory]
    [InlineData(40, 1, "better")]
    [InlineData(40, -1, "worse")]
    [InlineData(40, 0, "undecided")]
    [InlineData(19, 1, "undecided")] // too few
    public void Verdict_FollowsTheInterval(int pictures, double gain, string verdict) =>
        Assert.Equal(verdict, Report(FigureKind.Psnr, pictures, gain).Verdict);

    [Fact]
    public void Verdict_OfFailures_IsTheOtherWayRound()
    {
        FigureReport report = Report(FigureKind.FalseAlarms, 40, -1);

        Assert.Equal("better", report.Verdict);
        Assert.True(report.Gain!.Value > 0);
    }

    [Fact]
    public void Of_AnAutoencoderAlone_HasNoVerdict()
    {
        Measurement[] pictures = [Measurement.Of(1), Measurement.None];

        FigureReport report = FigureReport.Of(
            FigureKind.Psnr,
            new FigureRows(null, pictures, pictures),
            new Bootstrap(1)
        );

        Assert.Equal((1, null, null, null), (report.Pictures, report.Model, report.Gain, report.Verdict));
        Assert.Equal(1, report.Ceiling!.Value);
    }

    [Theory]
    [InlineData("segmentation", "ciou")]
    [InlineData("keypoints", "pck_05")]
    [InlineData("removal", "psnr")]
    [InlineData("denoise", "psnr")]
    public void Kinds_EachTaskHasADecidingOne(string task, string name) =>
        Assert.Equal(name, FigureKind.Of(task)[0].Name);

    private static FigureReport Report(FigureKind kind, int pictures, double gain)
    {
        // Gains vary around their mean from picture to picture.
        double Wobble(int i) => i % 2 == 0 ? 0.5 : -0.5;
        Measurement[] identity = [.. Enumerable.Range(0, pictures).Select(i => Measurement.Of(i))];
        Measurement[] model =
        [
            .. identity.Select((picture, i) => Measurement.Of(picture.Numerator + gain + Wobble(i))),
        ];
        return FigureReport.Of(kind, new FigureRows(model, identity, identity), new Bootstrap(3));
    }
}
