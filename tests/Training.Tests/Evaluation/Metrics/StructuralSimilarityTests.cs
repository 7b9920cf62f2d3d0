using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Evaluation.Metrics;

namespace InstructDiffusion.Training.Tests.Evaluation.Metrics;

public sealed class StructuralSimilarityTests
{
    /// <summary>The value of <c>reference.py</c>: two-dimensional windows, squared deviations from the window's mean.</summary>
    [Fact]
    public void Of_ReferencePictures_IsWhatTheDefinitionGives() =>
        Assert.Equal(
            0.9424998697008454,
            StructuralSimilarity.Of(ReferenceNumbers.Picture(20, 17), ReferenceNumbers.OtherPicture(20, 17)),
            1e-12
        );

    /// <summary>By hand: windows of one level have no variance, and (2ab + C₁) / (a² + b² + C₁) is left, with C₁ = 6.5025.</summary>
    [Fact]
    public void Of_PlainPictures_IsTheLikenessOfTheirLevels()
    {
        RgbImage dark = TestImages.Plain(11, 11, 10, 10, 10);
        RgbImage light = TestImages.Plain(11, 11, 20, 20, 20);

        Assert.Equal(406.5025 / 506.5025, StructuralSimilarity.Of(dark, light), 1e-12);
        Assert.Equal(1, StructuralSimilarity.Of(dark, dark), 1e-12);
    }

    [Theory]
    [InlineData(12, 11, 11, 12, "got 11x12")]
    [InlineData(12, 10, 12, 10, "at least 11x11")]
    public void Of_UnfitPictures_AreRefused(int width, int height, int otherWidth, int otherHeight, string message)
    {
        RgbImage one = TestImages.Photo(width, height);
        RgbImage other = TestImages.Photo(otherWidth, otherHeight);

        var error = Assert.Throws<ArgumentException>(() => StructuralSimilarity.Of(one, other));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
