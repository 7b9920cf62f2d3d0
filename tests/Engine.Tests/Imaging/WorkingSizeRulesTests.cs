using System.Text.Json;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Imaging;

public sealed class WorkingSizeRulesTests
{
    private static readonly WorkingSizeLimits None = new()
    {
        MaxPixels = long.MaxValue,
        MaxAspect = double.PositiveInfinity,
    };

    [Fact]
    public void Apply_Legacy_EqualsTheReferenceExactly()
    {
        string file = RepositoryRoot.Of("tests", "Fixtures", "public", "images", "edit_sizes.json");
        using var sizes = JsonDocument.Parse(File.ReadAllBytes(file));
        JsonElement rows = sizes.RootElement.GetProperty("rows");
        Assert.True(rows.GetArrayLength() > 30);
        foreach (JsonElement row in rows.EnumerateArray())
        {
            int[] v = [.. row.EnumerateArray().Select(value => value.GetInt32())];

            Assert.Equal(
                new ImageSize(v[3], v[4]),
                WorkingSizeRule.CommandLineLegacy.Apply(new ImageSize(v[0], v[1]), v[2], None)
            );
            // None of these sizes hits the legacy rule's slip.
            Assert.Equal(
                new ImageSize(v[3], v[4]),
                WorkingSizeRule.CommandLine.Apply(new ImageSize(v[0], v[1]), v[2], None)
            );
        }
    }

    [Theory]
    [InlineData(512, 512, 512, 512)]
    [InlineData(768, 512, 576, 384)]
    [InlineData(1024, 768, 512, 384)]
    [InlineData(1920, 1080, 512, 320)]
    [InlineData(640, 480, 512, 384)]
    [InlineData(427, 640, 384, 512)]
    [InlineData(333, 500, 384, 576)]
    [InlineData(256, 256, 512, 512)]
    public void Apply_CommandLineAt512_GivesTheSpecifiedSize(
        int width,
        int height,
        int expectedWidth,
        int expectedHeight
    )
    {
        var expected = new ImageSize(expectedWidth, expectedHeight);

        Assert.Equal(expected, WorkingSizeRule.CommandLine.Apply(new(width, height), 512, WorkingSizeLimits.Default));
        Assert.Equal(
            expected,
            WorkingSizeRule.CommandLineLegacy.Apply(new(width, height), 512, WorkingSizeLimits.Default)
        );
    }

    [Fact]
    public void Apply_CommandLineAt768_RoundsTheShortSideUp() =>
        Assert.Equal(new(832, 576), WorkingSizeRule.CommandLine.Apply(new(481, 321), 768, WorkingSizeLimits.Default));

    [Theory]
    [InlineData(98)]
    [InlineData(161)]
    [InlineData(237)]
    [InlineData(249)]
    public void Apply_SquaresWhereLegacySlips_KeepAllPixels(int side)
    {
        Assert.Equal(
            new(448, 448),
            WorkingSizeRule.CommandLineLegacy.Apply(new(side, side), 512, WorkingSizeLimits.Default)
        );
        Assert.Equal(new(512, 512), WorkingSizeRule.CommandLine.Apply(new(side, side), 512, WorkingSizeLimits.Default));
    }

    [Fact]
    public void Apply_Squares_SlipAsOftenAsMeasured()
    {
        // 504 of the 4,033 squares from 64 to 4096 pixels at resolution 512.
        int slips = 0;
        for (int side = 64; side <= 4096; side++)
        {
            Assert.Equal(new(512, 512), WorkingSizeRule.CommandLine.Apply(new(side, side), 512, None));
            slips += WorkingSizeRule.CommandLineLegacy.Apply(new(side, side), 512, None).Width == 448 ? 1 : 0;
        }
        Assert.Equal(504, slips);
    }

    [Theory]
    [InlineData(768, 512, 512, 320)]
    [InlineData(1920, 1080, 512, 256)]
    [InlineData(427, 640, 320, 512)]
    [InlineData(98, 98, 512, 512)]
    public void Apply_WebAppAt512_RoundsBothDown(int width, int height, int expectedWidth, int expectedHeight) =>
        Assert.Equal(
            new(expectedWidth, expectedHeight),
            WorkingSizeRule.WebApp.Apply(new(width, height), 512, WorkingSizeLimits.Default)
        );

    [Theory]
    [InlineData(WorkingSizeRule.WebApp, 2000, 200, "512x0")]
    [InlineData(WorkingSizeRule.CommandLine, 2000, 3, "42624x64")]
    [InlineData(WorkingSizeRule.CommandLineLegacy, 3, 2000, "64x42624")]
    [InlineData(WorkingSizeRule.CommandLine, int.MaxValue, 1, "at most 16 times")]
    public void Apply_RibbonPictures_AreRefusedWithTheReason(WorkingSizeRule rule, int width, int height, string reason)
    {
        var exception = Assert.Throws<WorkingSizeException>(() =>
            rule.Apply(new(width, height), 512, WorkingSizeLimits.Default)
        );

        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Contains($"{width}x{height}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_MorePixelsThanAllowed_IsRefused()
    {
        var limits = new WorkingSizeLimits { MaxPixels = 512 * 384 };

        Assert.Equal(new(512, 384), WorkingSizeRule.CommandLine.Apply(new(640, 480), 512, limits));
        Assert.Throws<WorkingSizeException>(() => WorkingSizeRule.CommandLine.Apply(new(640, 480), 576, limits));
        Assert.Throws<WorkingSizeException>(() => WorkingSizeRule.CommandLine.Apply(new(1, 1), int.MaxValue, limits));
        Assert.Throws<WorkingSizeException>(() =>
            WorkingSizeRule.CommandLine.Apply(new(int.MaxValue, 1), int.MaxValue, None)
        );
    }

    [Fact]
    public void Apply_MeaninglessArguments_AreNamed()
    {
        Assert.Throws<ArgumentException>("source", () => WorkingSizeRule.CommandLine.Apply(new(0, 5), 512, None));
        Assert.Throws<ArgumentOutOfRangeException>(
            "resolution",
            () => WorkingSizeRule.CommandLine.Apply(new(5, 5), 63, None)
        );
    }
}
