namespace InstructDiffusion.Engine.Imaging;

/// <summary>An immutable 8-bit sRGB picture: <see cref="Height"/> rows of <see cref="Width"/> interleaved R, G, B bytes.</summary>
public sealed class RgbImage
{
    /// <summary>Bytes per pixel.</summary>
    public const int Channels = 3;

    private readonly byte[] _pixels;
    private ContentHash? _content;

    /// <summary>Takes ownership of <paramref name="pixels"/>: the caller must not change them afterwards.</summary>
    /// <param name="width">Pixels a row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="pixels">Exactly <c>width * height * 3</c> bytes, row by row, R G B.</param>
    /// <exception cref="ArgumentException">A side is below 1 or the byte count differs.</exception>
    public RgbImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (width < 1 || height < 1 || pixels.LongLength != (long)width * height * Channels)
        {
            throw new ArgumentException(
                $"pixels: {width}x{height} RGB needs {(long)width * height * Channels} bytes, got {pixels.LongLength}",
                nameof(pixels)
            );
        }
        Width = width;
        Height = height;
        _pixels = pixels;
    }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>All pixels, row by row, R G B.</summary>
    public ReadOnlySpan<byte> Pixels => _pixels;

    /// <summary>All pixels, row by row, R G B, for callers that need memory rather than a span.</summary>
    public ReadOnlyMemory<byte> Memory => _pixels;

    /// <summary>Hash of size and pixels, computed when first asked for (less than half a millisecond a megapixel) and kept; any thread may ask.</summary>
    public ContentHash Content => _content ??= ContentHash.Of(this);
}
