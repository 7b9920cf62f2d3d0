using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Reporting;

public sealed class ImageGridTests
{
    private static readonly RgbImage Red = TestImages.Plain(2, 2, 255, 0, 0);
    private static readonly RgbImage Blue = TestImages.Plain(2, 2, 0, 0, 255);

    [Fact]
    public void Tile_ThreePictures_StandInRows()
    {
        RgbImage grid = ImageGrid.Tile([Red, Blue, Blue], columns: 2, gap: 1);

        Assert.Equal(["RR.BB", "RR.BB", ".....", "BB...", "BB..."], Rows(grid));
    }

    [Fact]
    public void Tile_Scale_MakesSquaresOfPixels()
    {
        RgbImage grid = ImageGrid.Tile([new RgbImage(2, 1, [255, 0, 0, 0, 0, 255])], columns: 5, gap: 3, scale: 2);

        Assert.Equal(["RRBB", "RRBB"], Rows(grid));
    }

    [Fact]
    public void Tile_SmallerPicture_StandsInTheMiddle()
    {
        RgbImage grid = ImageGrid.Tile([TestImages.Plain(4, 4, 255, 0, 0), Blue], columns: 2, gap: 0);

        Assert.Equal(["RRRR....", "RRRR.BB.", "RRRR.BB.", "RRRR...."], Rows(grid));
    }

    [Fact]
    public void Tile_NoPictures_IsRefused() => Assert.Throws<ArgumentException>(() => ImageGrid.Tile([], columns: 1));

    private static string[] Rows(RgbImage image)
    {
        var rows = new string[image.Height];
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                ReadOnlySpan<byte> pixel = image.Pixels.Slice(3 * ((y * image.Width) + x), 3);
                rows[y] += pixel switch
                {
                    [255, 0, 0] => 'R',
                    [0, 0, 255] => 'B',
                    [255, 255, 255] => '.',
                    _ => '?',
                };
            }
        }
        return rows;
    }
}
