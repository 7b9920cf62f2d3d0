using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Construction.Regions;

/// <summary>Which pixels of a picture a region has.</summary>
/// <param name="Width">Pixels a row.</param>
/// <param name="Height">Rows.</param>
/// <param name="Pixels">One entry a pixel, row by row.</param>
internal sealed record RegionMask(int Width, int Height, bool[] Pixels)
{
    // Above it a mask file's grey is in.
    private const byte Half = 127;

    /// <summary>Its pixels as a part of the picture, 0…1.</summary>
    public double Area => (double)Pixels.Count(pixel => pixel) / Pixels.Length;

    /// <summary>The smallest box around it: x, y, width, height; all 0 where it is empty.</summary>
    public (int X, int Y, int Width, int Height) Box
    {
        get
        {
            (int left, int top, int right, int bottom) = (Width, Height, -1, -1);
            for (int i = 0; i < Pixels.Length; i++)
            {
                if (Pixels[i])
                {
                    (int y, int x) = Math.DivRem(i, Width);
                    (left, right) = (Math.Min(left, x), Math.Max(right, x));
                    (top, bottom) = (Math.Min(top, y), Math.Max(bottom, y));
                }
            }
            return right < 0 ? (0, 0, 0, 0) : (left, top, right - left + 1, bottom - top + 1);
        }
    }

    /// <summary>The mask of a map of certainties: what is at least so certain.</summary>
    public static RegionMask Threshold(ReadOnlySpan<float> certainties, int width, float least)
    {
        var pixels = new bool[certainties.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = certainties[i] >= least;
        }
        return new RegionMask(width, pixels.Length / width, pixels);
    }

    /// <summary>Reads a mask file.</summary>
    /// <exception cref="BrokenSampleException">It is no picture.</exception>
    public static RegionMask Of(RgbImage picture)
    {
        var pixels = new bool[picture.Width * picture.Height];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = picture.Pixels[i * RgbImage.Channels] > Half;
        }
        return new RegionMask(picture.Width, picture.Height, pixels);
    }

    /// <summary>As a PNG file: white in it, black outside.</summary>
    public byte[] ToPng() =>
        ImageCodec.EncodeGray(
            [.. Pixels.Select(pixel => pixel ? byte.MaxValue : (byte)0)],
            new ImageSize(Width, Height)
        );

    /// <summary>The same region of the picture at another size: each pixel is what lies at its middle.</summary>
    public RegionMask Resize(int width, int height)
    {
        if (width == Width && height == Height)
        {
            return this;
        }
        var pixels = new bool[width * height];
        for (int y = 0; y < height; y++)
        {
            int row = (int)((y + 0.5) * Height / height) * Width;
            for (int x = 0; x < width; x++)
            {
                pixels[y * width + x] = Pixels[row + (int)((x + 0.5) * Width / width)];
            }
        }
        return new RegionMask(width, height, pixels);
    }

    /// <summary>Everything within so many pixels of it, by the distance of pixels' middles.</summary>
    /// <param name="radius">Pixels, at least 0.</param>
    public RegionMask Dilate(int radius)
    {
        int[] along = DistancesAlongRows();
        var pixels = new bool[Pixels.Length];
        for (int y = 0; y < Height; y++)
        {
            for (int row = Math.Max(0, y - radius); row <= Math.Min(Height - 1, y + radius); row++)
            {
                long rest = (long)radius * radius - (long)(row - y) * (row - y);
                for (int x = 0; x < Width; x++)
                {
                    long distance = along[row * Width + x];
                    pixels[y * Width + x] |= distance * distance <= rest;
                }
            }
        }
        return this with { Pixels = pixels };
    }

    /// <summary>What is in either.</summary>
    public RegionMask Or(RegionMask other) =>
        this with
        {
            Pixels = [.. Pixels.Zip(other.Pixels, (one, two) => one || two)],
        };

    // How far the nearest pixel of the mask in the same row is; far where there is none.
    private int[] DistancesAlongRows()
    {
        const int Far = 1 << 20;
        var distances = new int[Pixels.Length];
        for (int y = 0; y < Height; y++)
        {
            int last = Far;
            for (int x = 0; x < Width; x++)
            {
                last = Pixels[y * Width + x] ? 0 : Math.Min(last + 1, Far);
                distances[y * Width + x] = last;
            }
            last = Far;
            for (int x = Width - 1; x >= 0; x--)
            {
                last = Math.Min(last + 1, Far);
                last = Math.Min(last, distances[y * Width + x]);
                distances[y * Width + x] = last;
            }
        }
        return distances;
    }
}
