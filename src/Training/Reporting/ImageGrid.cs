using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Reporting;

/// <summary>Several pictures as one, row by row: sample grids and contact sheets.</summary>
public static class ImageGrid
{
    private const byte Background = 255;

    /// <summary>Tiles pictures on white. Cells are as large as the largest picture; smaller ones stand in their cell's middle.</summary>
    /// <param name="pictures">At least one.</param>
    /// <param name="columns">Pictures a row, at least 1; fewer pictures make a narrower grid.</param>
    /// <param name="gap">Pixels between cells, at least 0.</param>
    /// <param name="scale">Every pixel becomes a square of this side, so that small pictures can be looked at.</param>
    /// <exception cref="ArgumentException">No picture, or a value out of range.</exception>
    public static RgbImage Tile(IReadOnlyList<RgbImage> pictures, int columns, int gap = 2, int scale = 1)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        if (pictures.Count == 0)
        {
            throw new ArgumentException("pictures: expected at least one", nameof(pictures));
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(gap);
        ArgumentOutOfRangeException.ThrowIfLessThan(scale, 1);
        columns = Math.Min(columns, pictures.Count);
        int rows = (pictures.Count + columns - 1) / columns;
        int cellWidth = pictures.Max(picture => picture.Width) * scale;
        int cellHeight = pictures.Max(picture => picture.Height) * scale;
        int width = checked((columns * (cellWidth + gap)) - gap);
        int height = checked((rows * (cellHeight + gap)) - gap);
        byte[] pixels = new byte[checked(width * height * RgbImage.Channels)];
        Array.Fill(pixels, Background);
        for (int i = 0; i < pictures.Count; i++)
        {
            int left = (i % columns * (cellWidth + gap)) + ((cellWidth - (pictures[i].Width * scale)) / 2);
            int top = (i / columns * (cellHeight + gap)) + ((cellHeight - (pictures[i].Height * scale)) / 2);
            Draw(pictures[i], scale, pixels, width, left, top);
        }
        return new RgbImage(width, height, pixels);
    }

    private static void Draw(RgbImage picture, int scale, byte[] pixels, int width, int left, int top)
    {
        ReadOnlySpan<byte> source = picture.Pixels;
        for (int y = 0; y < picture.Height * scale; y++)
        {
            int from = y / scale * picture.Width;
            int to = ((top + y) * width) + left;
            for (int x = 0; x < picture.Width * scale; x++)
            {
                source
                    .Slice((from + (x / scale)) * RgbImage.Channels, RgbImage.Channels)
                    .CopyTo(pixels.AsSpan((to + x) * RgbImage.Channels));
            }
        }
    }
}
