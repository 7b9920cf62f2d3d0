using FsCheck.Xunit;
using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Engine.Tests.Vision;

public sealed class CocoRleTests
{
    [Fact]
    public void Of_SmallMask_CountsDownTheColumns()
    {
        PixelMask mask = Masks.Of(
            ".##", //
            "..#"
        );

        CocoRle rle = CocoRle.Of(mask);

        // Down the columns: 0 0, 1 0, 1 1.
        Assert.Equal([2, 1, 1, 2], rle.Counts);
        Assert.Equal((2, 3), (rle.Height, rle.Width));
        Assert.Equal("2112".Length, rle.ToCompressed().Length);
        // The fourth is told as 2 - 1.
        Assert.Equal("2111", rle.ToCompressed());
    }

    [Fact]
    public void Of_FirstPixelInside_BeginsWithNone()
    {
        PixelMask mask = Masks.Of(
            "##.", //
            "#.."
        );

        Assert.Equal([0, 3, 3], CocoRle.Of(mask).Counts);
    }

    [Fact]
    public void Of_AllAndNothing_IsOneRun()
    {
        Assert.Equal([0, 6], CocoRle.Of(Masks.Of("##", "##", "##")).Counts);
        Assert.Equal([6], CocoRle.Of(PixelMask.Empty(2, 3)).Counts);
    }

    [Fact]
    public void ToCompressed_SquareInAFieldOf40_IsAsPublished()
    {
        // The pair of texts stands in the tests of other libraries that read and write COCO's masks.
        bool[] square = [.. Enumerable.Range(0, 1600).Select(i => i % 40 is >= 6 and <= 10 && i / 40 is >= 5 and <= 9)];

        CocoRle rle = CocoRle.Of(PixelMask.FromPixels(square, 40));

        Assert.Equal([245, 5, 35, 5, 35, 5, 35, 5, 35, 5, 1190], rle.Counts);
        Assert.Equal("e75S10000000ST1", rle.ToCompressed());
    }

    [Fact]
    public void ToCompressed_UpperRightQuarterOf100_IsAsPublished()
    {
        bool[] quarter = [.. Enumerable.Range(0, 10_000).Select(i => i / 100 < 50 && i % 100 >= 50)];

        CocoRle rle = CocoRle.Of(PixelMask.FromPixels(quarter, 100));

        Assert.Equal($"Xl4b1b1{new string('0', 98)}", rle.ToCompressed());
    }

    [Theory]
    // Published by others, written by pycocotools: a cell nucleus and a hand.
    [InlineData(
        1000,
        1000,
        @"Q[]17mn06M3L3M3M3M3N2M3M2O2N100O100N20000O100O1000O100000001N10001N101N101N1O2N2N3K4K6G\Vkk0"
    )]
    [InlineData(
        50,
        70,
        "0g05b08J4M2N2NA^O1`0OCO=0E090H080IO68DH;>@C>a0_O_O`0j0OWOF<:CM72I24NL43JM92FN;1ENKO72L0LO91J0MO92INO0NO122OO0M031O000NO31OO11MO40N011MO41MO21L06OL021L06OL021L06OL021L060J040L060J040L060J040L060J040L060J040L060J040L060KO31L060KO31L06OL021L06OL021L06OL021MO41MO21MO40N100NO310O00M0310O00NO1220NO92IONO91KOMO72M0<1EO:2GN63KM34OLM73JF<;=1G_O_Ob0=AC`07EH=1IO71H090F0:1DO>1_O1b0>2N2N3L6H]O"
    )]
    public void ToCompressed_PublishedMask_IsTheSameText(int height, int width, string published)
    {
        bool[] pixels = Masks.Decode(height, width, Masks.Decompress(published));

        PixelMask mask = PixelMask.FromPixels(pixels, width);

        Assert.Equal(published, CocoRle.Of(mask).ToCompressed());
    }

    [Property(MaxTest = 500)]
    public void Of_AnyMask_DecodesToIt(byte side, byte[] bytes)
    {
        (bool[] pixels, int width) = Masks.Of(side, bytes);

        CocoRle rle = CocoRle.Of(PixelMask.FromPixels(pixels, width));

        Assert.Equal(pixels, Masks.Decode(rle.Height, rle.Width, rle.Counts));
        Assert.Equal(rle.Counts, Masks.Decompress(rle.ToCompressed()));
        Assert.DoesNotContain(0, rle.Counts.Skip(1));
    }
}
