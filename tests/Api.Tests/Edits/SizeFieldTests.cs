using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Tests.Edits;

public sealed class SizeFieldTests
{
    private const long MaxPixels = 1024 * 1024;

    [Fact]
    public void Parse_Auto_LeavesItToTheModel()
    {
        Assert.Null(SizeField.Parse("auto", MaxPixels, out WorkingSize? size));
        Assert.Null(size);
    }

    [Theory]
    [InlineData("64", 64)]
    [InlineData("500", 500)]
    [InlineData("1024", 1024)]
    public void Parse_Number_IsAResolution(string text, int resolution)
    {
        Assert.Null(SizeField.Parse(text, MaxPixels, out WorkingSize? size));
        Assert.Equal(WorkingSize.Of(resolution), size);
    }

    [Theory]
    [InlineData("64x64", 64, 64)]
    [InlineData("768x512", 768, 512)]
    [InlineData("16384x64", 16384, 64)]
    public void Parse_TwoSides_IsTheExactCanvas(string text, int width, int height)
    {
        Assert.Null(SizeField.Parse(text, MaxPixels, out WorkingSize? size));
        Assert.Equal(WorkingSize.Of(new ImageSize(width, height)), size);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AUTO")]
    [InlineData(" 512")]
    [InlineData("512X512")]
    [InlineData("512x512x512")]
    [InlineData("5.5")]
    [InlineData("+512")]
    [InlineData("1e3")]
    [InlineData("0")]
    [InlineData("64x0")]
    [InlineData("65x64")]
    [InlineData("1088x1024")]
    public void Parse_AnythingElse_SaysWhatIsWrong(string text)
    {
        string? fault = SizeField.Parse(text, MaxPixels, out WorkingSize? size);

        Assert.StartsWith("must ", fault, StringComparison.Ordinal);
        Assert.Null(size);
    }
}
