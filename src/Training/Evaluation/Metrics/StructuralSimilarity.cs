using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Evaluation.Metrics;

/// <summary>
/// SSIM (Wang, Bovik, Sheikh and Simoncelli 2004): a Gaussian window of 11 × 11 pixels with σ = 1.5, K₁ = 0.01, K₂ = 0.03, L = 255, at the
/// pictures' own scale, averaged over the windows that lie inside. Of R, G and B each, then averaged, as PSNR is over all three; on
/// grey pictures it is the authors' measure.
/// </summary>
internal static class StructuralSimilarity
{
    /// <summary>Side of the window, and the least side of a picture.</summary>
    public const int Window = 11;

    private const double Sigma = 1.5;
    private const double C1 = 0.01 * 255 * 0.01 * 255;
    private const double C2 = 0.03 * 255 * 0.03 * 255;

    private static readonly double[] _weights = Weights();

    /// <summary>Compares two pictures.</summary>
    /// <returns>−1…1; 1 for equal pictures.</returns>
    /// <exception cref="ArgumentException">The sizes differ, or are below <see cref="Window"/>.</exception>
    public static double Of(RgbImage target, RgbImage picture)
    {
        if ((picture.Width, picture.Height) != (target.Width, target.Height))
        {
            throw new ArgumentException(
                $"picture: expected {target.Width}x{target.Height} as the target, got {picture.Width}x{picture.Height}",
                nameof(picture)
            );
        }
        if (Math.Min(target.Width, target.Height) < Window)
        {
            throw new ArgumentException(
                $"target: expected at least {Window}x{Window}, got {target.Width}x{target.Height}",
                nameof(target)
            );
        }
        double sum = 0;
        for (int channel = 0; channel < RgbImage.Channels; channel++)
        {
            sum += OfChannel(Plane(target, channel), Plane(picture, channel), target.Width, target.Height);
        }
        return sum / RgbImage.Channels;
    }

    private static double OfChannel(double[] x, double[] y, int width, int height)
    {
        double[] meanX = Filter(x, width, height);
        double[] meanY = Filter(y, width, height);
        double[] squareX = Filter(Product(x, x), width, height);
        double[] squareY = Filter(Product(y, y), width, height);
        double[] mixed = Filter(Product(x, y), width, height);
        double sum = 0;
        for (int i = 0; i < meanX.Length; i++)
        {
            double both = meanX[i] * meanY[i];
            double squares = (meanX[i] * meanX[i]) + (meanY[i] * meanY[i]);
            double variances = squareX[i] + squareY[i] - squares;
            double covariance = mixed[i] - both;
            sum += ((2 * both) + C1) * ((2 * covariance) + C2) / ((squares + C1) * (variances + C2));
        }
        return sum / meanX.Length;
    }

    /// <summary>Weighted means over all windows inside, row by row.</summary>
    private static double[] Filter(double[] values, int width, int height)
    {
        int columns = width - Window + 1;
        int rows = height - Window + 1;
        var across = new double[columns * height];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < columns; x++)
            {
                double sum = 0;
                for (int k = 0; k < Window; k++)
                {
                    sum += _weights[k] * values[(y * width) + x + k];
                }
                across[(y * columns) + x] = sum;
            }
        }
        var filtered = new double[columns * rows];
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++)
            {
                double sum = 0;
                for (int k = 0; k < Window; k++)
                {
                    sum += _weights[k] * across[((y + k) * columns) + x];
                }
                filtered[(y * columns) + x] = sum;
            }
        }
        return filtered;
    }

    private static double[] Plane(RgbImage image, int channel)
    {
        ReadOnlySpan<byte> pixels = image.Pixels;
        var plane = new double[image.Width * image.Height];
        for (int i = 0; i < plane.Length; i++)
        {
            plane[i] = pixels[(i * RgbImage.Channels) + channel];
        }
        return plane;
    }

    private static double[] Product(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a * b)];

    private static double[] Weights()
    {
        double[] weights =
        [
            .. Enumerable
                .Range(0, Window)
                .Select(k => Math.Exp(-(k - (Window / 2)) * (k - (Window / 2)) / (2 * Sigma * Sigma))),
        ];
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }
}
