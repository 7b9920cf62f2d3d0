using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>A photograph at full and halved sizes, so that any crop is resampled from few pixels.</summary>
internal sealed class PhotographPyramid
{
    private readonly List<(int Width, int Height, byte[] Pixels)> _levels;

    private PhotographPyramid(List<(int Width, int Height, byte[] Pixels)> levels) => _levels = levels;

    /// <exception cref="BrokenSampleException">The file has another size than the list says.</exception>
    public static PhotographPyramid Of(RgbImage image, DemoPhotograph photograph)
    {
        if (image.Width != photograph.Width || image.Height != photograph.Height)
        {
            throw new BrokenSampleException(
                $"{photograph.File}: {image.Width}x{image.Height}, but the list says {photograph.Width}x{photograph.Height}"
            );
        }
        var levels = new List<(int Width, int Height, byte[] Pixels)>
        {
            (image.Width, image.Height, image.Pixels.ToArray()),
        };
        while (Math.Min(levels[^1].Width, levels[^1].Height) >= 32)
        {
            levels.Add(Halve(levels[^1]));
        }
        return new PhotographPyramid(levels);
    }

    /// <summary>Resamples a square part with a triangle filter.</summary>
    /// <param name="left">Left edge, pixels of the photograph.</param>
    /// <param name="top">Top edge, pixels of the photograph.</param>
    /// <param name="side">Side, pixels of the photograph.</param>
    /// <param name="size">Side of the result.</param>
    /// <returns>R G B, 0…255, row by row.</returns>
    public float[] Crop(double left, double top, double side, int size)
    {
        int level = 0;
        double scale = 1;
        while (level + 1 < _levels.Count && side * scale / 2 >= size)
        {
            level++;
            scale /= 2;
        }
        (int width, int height, byte[] pixels) = _levels[level];
        Tap[] columns = Taps(left * scale, side * scale, size, width);
        Tap[] rows = Taps(top * scale, side * scale, size, height);
        int firstRow = rows.Min(tap => tap.First);
        int lastRow = rows.Max(tap => tap.First + tap.Weights.Length);
        var narrow = new float[(lastRow - firstRow) * size * 3];
        for (int y = firstRow, at = 0; y < lastRow; y++)
        {
            for (int x = 0; x < size; x++, at += 3)
            {
                int from = (y * width + columns[x].First) * 3;
                foreach (float weight in columns[x].Weights)
                {
                    narrow[at] += weight * pixels[from];
                    narrow[at + 1] += weight * pixels[from + 1];
                    narrow[at + 2] += weight * pixels[from + 2];
                    from += 3;
                }
            }
        }
        var result = new float[size * size * 3];
        for (int y = 0; y < size; y++)
        {
            Span<float> row = result.AsSpan(y * size * 3, size * 3);
            for (int k = 0; k < rows[y].Weights.Length; k++)
            {
                float weight = rows[y].Weights[k];
                ReadOnlySpan<float> from = narrow.AsSpan((rows[y].First + k - firstRow) * size * 3, size * 3);
                for (int x = 0; x < row.Length; x++)
                {
                    row[x] += weight * from[x];
                }
            }
        }
        return result;
    }

    private static (int Width, int Height, byte[] Pixels) Halve((int Width, int Height, byte[] Pixels) level)
    {
        (int width, int height, byte[] pixels) = level;
        int halfWidth = width / 2;
        int halfHeight = height / 2;
        var half = new byte[halfWidth * halfHeight * 3];
        for (int y = 0, at = 0; y < halfHeight; y++)
        {
            for (int x = 0; x < halfWidth * 3; x++, at++)
            {
                int from = y * 2 * width * 3 + x / 3 * 6 + x % 3;
                half[at] = (byte)(
                    (pixels[from] + pixels[from + 3] + pixels[from + width * 3] + pixels[from + width * 3 + 3] + 2) / 4
                );
            }
        }
        return (halfWidth, halfHeight, half);
    }

    private static Tap[] Taps(double start, double side, int size, int limit)
    {
        double scale = side / size;
        double support = Math.Max(1, scale);
        var taps = new Tap[size];
        for (int i = 0; i < size; i++)
        {
            double center = start + (i + 0.5) * scale;
            int first = Math.Clamp((int)Math.Floor(center - support + 0.5), 0, limit - 1);
            int end = Math.Clamp((int)Math.Floor(center + support + 0.5), first + 1, limit);
            var weights = new float[end - first];
            float sum = 0;
            for (int k = 0; k < weights.Length; k++)
            {
                weights[k] = (float)Math.Max(1e-6, 1 - Math.Abs(first + k + 0.5 - center) / support);
                sum += weights[k];
            }
            for (int k = 0; k < weights.Length; k++)
            {
                weights[k] /= sum;
            }
            taps[i] = new Tap(first, weights);
        }
        return taps;
    }

    /// <summary>Which neighbouring pixels make one of the result, and how much of each.</summary>
    private readonly record struct Tap(int First, float[] Weights);
}
