namespace InstructDiffusion.Engine.Imaging;

/// <summary>Which working sizes are refused: time and memory grow with the pixels, and no model draws ribbons.</summary>
public sealed record WorkingSizeLimits
{
    /// <summary>The defaults.</summary>
    public static WorkingSizeLimits Default { get; } = new();

    /// <summary>Most pixels of the canvas; 4,194,304 (2048x2048) by default.</summary>
    public long MaxPixels { get; init; } = 2048 * 2048;

    /// <summary>Largest ratio of the canvas' longer side to its shorter; 16 by default.</summary>
    public double MaxAspect { get; init; } = 16;

    /// <summary>The same size when it is within the limits.</summary>
    /// <exception cref="WorkingSizeException">It is not.</exception>
    internal ImageSize Require(long width, long height, ImageSize source, int resolution)
    {
        string found = $"A {source} picture at resolution {resolution} would be edited at {width}x{height}";
        if (width < 1 || height < 1)
        {
            throw new WorkingSizeException($"{found}: it is too long and narrow for this resolution.");
        }
        if ((double)Math.Max(width, height) / Math.Min(width, height) > MaxAspect)
        {
            throw new WorkingSizeException($"{found}: it may be at most {MaxAspect} times as long as wide.");
        }
        if (Math.Max(width, height) > int.MaxValue || (double)width * height > MaxPixels)
        {
            throw new WorkingSizeException($"{found}: {MaxPixels:N0} pixels are allowed.");
        }
        return new ImageSize((int)width, (int)height);
    }
}
