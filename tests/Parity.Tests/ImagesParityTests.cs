using System.Text.Json;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Parity.Tests;

/// <summary>Pillow's geometry of the edit scripts: working sizes, crops and resizes.</summary>
public sealed class ImagesParityTests
{
    private const double OneLevel = 1;

    private static readonly WorkingSizeLimits NoLimits = new()
    {
        MaxPixels = long.MaxValue,
        MaxAspect = double.MaxValue,
    };

    private static JsonElement.ArrayEnumerator AllCases =>
        Fixture.Default.Entry("images/").GetProperty("cases").EnumerateArray();

    public static TheoryData<string> Inputs() => [.. AllCases.Select(c => c.GetProperty("input").GetString()!)];

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Resizes_OfAnInput_MatchPillow(string input)
    {
        JsonElement entry = AllCases.Single(c => c.GetProperty("input").GetString() == input);
        RgbImage source = Read(input);
        int resolution = entry.GetProperty("resolution").GetInt32();
        var size = new ImageSize(source.Width, source.Height);
        ImageSize working = WorkingSizeRule.CommandLineLegacy.Apply(size, resolution, NoLimits);
        int[] expected = [.. entry.GetProperty("fit_size").EnumerateArray().Select(side => side.GetInt32())];
        Assert.Equal(new ImageSize(expected[0], expected[1]), working);

        var canvas = new EditCanvas(size, working, CanvasPlacement.Crop);
        RgbImage placed = canvas.Place(source);
        Check(placed, entry.GetProperty("fit").GetString()!);
        Check(canvas.Restore(placed), entry.GetProperty("back").GetString()!);

        RgbImage multiple = Read(entry.GetProperty("mult8").GetString()!);
        Check(
            ImageResizer.Resize(source, new ImageSize(multiple.Width, multiple.Height), ResizeFilter.Lanczos3),
            entry.GetProperty("mult8").GetString()!
        );
        string stem = input[..^".png".Length];
        Check(ImageResizer.Resize(source, new ImageSize(40, 32), ResizeFilter.Bicubic), $"{stem}_bicubic40x32.png");
        Check(ImageResizer.Resize(source, new ImageSize(40, 32), ResizeFilter.Bilinear), $"{stem}_bilinear40x32.png");
    }

    [Fact]
    public void EditSizes_EveryRow_IsExact()
    {
        using JsonDocument table = JsonDocument.Parse(
            File.ReadAllText(Fixture.Default.Path("images", "edit_sizes.json"))
        );
        foreach (JsonElement row in table.RootElement.GetProperty("rows").EnumerateArray())
        {
            int[] values = [.. row.EnumerateArray().Select(value => value.GetInt32())];

            ImageSize actual = WorkingSizeRule.CommandLineLegacy.Apply(
                new ImageSize(values[0], values[1]),
                values[2],
                NoLimits
            );

            Fixture.AssertClose(
                [actual.Width, actual.Height],
                [values[3], values[4]],
                0,
                $"images/edit_sizes/{values[0]}x{values[1]}@{values[2]}"
            );
        }
    }

    private static void Check(RgbImage actual, string file)
    {
        RgbImage expected = Read(file);
        Assert.Equal((expected.Width, expected.Height), (actual.Width, actual.Height));
        Fixture.AssertClose(ReferenceRuns.Levels(actual), ReferenceRuns.Levels(expected), OneLevel, file);
    }

    private static RgbImage Read(string file) =>
        ImageCodec.Decode(File.ReadAllBytes(Fixture.Default.Path(file)), ImageDecodeLimits.Default).Image;
}
