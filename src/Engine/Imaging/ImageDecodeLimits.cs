namespace InstructDiffusion.Engine.Imaging;

/// <summary>What <see cref="ImageCodec.Decode"/> accepts. All are checked from the file's header, before any pixel is decoded.</summary>
public sealed record ImageDecodeLimits
{
    /// <summary>The defaults: 30,000,000 bytes, 50,000,000 pixels (a 48-megapixel phone photograph), 16,384 pixels a side.</summary>
    public static ImageDecodeLimits Default { get; } = new();

    /// <summary>Largest file, in bytes.</summary>
    public long MaxBytes { get; init; } = 30_000_000;

    /// <summary>Most pixels, width times height. Decoding takes up to about 12 bytes of memory for each.</summary>
    public long MaxPixels { get; init; } = 50_000_000;

    /// <summary>Longest side, in pixels.</summary>
    public int MaxSide { get; init; } = 16_384;

    /// <summary>Checks a header against the limits.</summary>
    /// <exception cref="ImageFormatException">Too many pixels or too long a side.</exception>
    internal void Require(ImageSize size)
    {
        if (size.PixelCount > MaxPixels)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.TooManyPixels,
                $"The picture is {size}: {size.PixelCount:N0} pixels, {MaxPixels:N0} allowed."
            );
        }
        if (Math.Max(size.Width, size.Height) > MaxSide)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.TooManyPixels,
                $"The picture is {size}: its longer side may be {MaxSide:N0} pixels."
            );
        }
    }
}
