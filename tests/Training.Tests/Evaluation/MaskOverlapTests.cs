using InstructDiffusion.Training.Evaluation;

namespace InstructDiffusion.Training.Tests.Evaluation;

public sealed class MaskOverlapTests
{
    [Theory]
    [InlineData("1100", "0110", 1, 3, 1 / 3.0)]
    [InlineData("1111", "1111", 4, 4, 1)]
    [InlineData("1100", "0011", 0, 4, 0)]
    [InlineData("1100", "0000", 0, 2, 0)]
    [InlineData("0000", "0000", 0, 0, 1)]
    public void Of_Counts(string truth, string mask, int intersection, int union, double iou)
    {
        MaskOverlap overlap = MaskOverlap.Of(Mask(truth), Mask(mask));

        Assert.Equal(new MaskOverlap(intersection, union), overlap);
        Assert.Equal(iou, overlap.Iou, 1e-12);
    }

    [Fact]
    public void Of_AnotherSize_IsRefused() =>
        Assert.Throws<ArgumentException>(() => MaskOverlap.Of(new bool[4], new bool[5]));

    private static bool[] Mask(string bits) => [.. bits.Select(bit => bit == '1')];
}
