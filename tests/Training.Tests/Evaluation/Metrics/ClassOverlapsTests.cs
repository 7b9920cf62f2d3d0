using InstructDiffusion.Training.Evaluation.Metrics;

namespace InstructDiffusion.Training.Tests.Evaluation.Metrics;

public sealed class ClassOverlapsTests
{
    /// <summary>By hand: cat (3 + 1) / (4 + 6), dog 2 / 8, so mcIoU is (0.4 + 0.25) / 2 and cIoU 6 / 18.</summary>
    [Fact]
    public void Sums_ByClassAndTogether()
    {
        var overlaps = new ClassOverlaps();
        overlaps.Add("cat", 3, 4);
        overlaps.Add("dog", 2, 8);
        overlaps.Add("cat", 1, 6);
        overlaps.Add("nothing", 0, 0);

        Assert.Equal(0.325, overlaps.MeanOfClasses, 1e-12);
        Assert.Equal(6 / 18.0, overlaps.Cumulative, 1e-12);
    }

    [Fact]
    public void Sums_OfNothing_AreNoNumbers()
    {
        Assert.True(double.IsNaN(new ClassOverlaps().MeanOfClasses));
        Assert.True(double.IsNaN(new ClassOverlaps().Cumulative));
    }
}
