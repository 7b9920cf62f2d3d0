namespace InstructDiffusion.Engine.Imaging;

/// <summary>
/// Which pixels of a picture may change. <see cref="Compose"/> lays an edited picture into its source so that every pixel
/// outside keeps its exact value, with a soft seam along the mask's edge instead of a visible cut. Immutable.
/// </summary>
public sealed class EditMask
{
    /// <summary>A pixel of this brightness, 0…255, marks a place to edit in a mask without transparency.</summary>
    public const int Bright = 128;

    // The seam is this part of the shorter side, 8 pixels of 512, and never wider than the second number.
    private const int SeamPart = 64;
    private const int WidestSeam = 32;

    // Steps of the chamfer distance: 3 to a neighbour, 4 to a diagonal one, within 6 % of the Euclidean distance in thirds.
    private const int Straight = 3;
    private const int Diagonal = 4;

    private readonly byte[] _depths; // thirds of a pixel to the nearest pixel outside; 0 outside; 255 for as much or more
    private readonly byte[]? _gaps; // the same to the nearest pixel inside, where the seam reaches outside

    /// <summary>A mask of a picture.</summary>
    /// <param name="width">Its width in pixels.</param>
    /// <param name="height">Its height in pixels.</param>
    /// <param name="edited">True where it may change, row by row.</param>
    /// <param name="fadesOutside">
    /// False keeps the seam within the mask, so that nothing outside changes; true lays half of it outside.
    /// </param>
    /// <exception cref="ArgumentException">The count of pixels is not that of the sides.</exception>
    public EditMask(int width, int height, bool[] edited, bool fadesOutside = false)
    {
        ArgumentNullException.ThrowIfNull(edited);
        if (edited.LongLength != (long)width * height)
        {
            throw new ArgumentException(
                $"edited: {width}x{height} needs {(long)width * height} pixels, got {edited.LongLength}",
                nameof(edited)
            );
        }
        Width = width;
        Height = height;
        FadesOutside = fadesOutside;
        _depths = Distances(edited, from: false);
        _gaps = fadesOutside ? Distances(edited, from: true) : null;
        int deepest = _depths.Max() / Straight;
        SeamWidth = Math.Min(Math.Clamp(Math.Min(width, height) / SeamPart, 1, WidestSeam), deepest / 2);
    }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>True when the seam reaches outside the mask.</summary>
    public bool FadesOutside { get; }

    /// <summary>
    /// Pixels over which the edit fades in, from the mask's edge inwards: 1/64 of the picture's shorter side, 1 to 32, and at
    /// most half of the mask's greatest depth; 0 for thin masks, which have a hard edge.
    /// </summary>
    public int SeamWidth { get; }

    /// <summary>True where alpha is 0.</summary>
    public static bool[] TransparentPixels(ReadOnlySpan<byte> alpha)
    {
        var edited = new bool[alpha.Length];
        for (int i = 0; i < edited.Length; i++)
        {
            edited[i] = alpha[i] == 0;
        }
        return edited;
    }

    /// <summary>True where the mean of red, green and blue is <see cref="Bright"/> or more.</summary>
    public static bool[] BrightPixels(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        ReadOnlySpan<byte> pixels = image.Pixels;
        var edited = new bool[image.Width * image.Height];
        for (int i = 0; i < edited.Length; i++)
        {
            int at = i * RgbImage.Channels;
            edited[i] = pixels[at] + pixels[at + 1] + pixels[at + 2] >= Bright * RgbImage.Channels;
        }
        return edited;
    }

    /// <summary>The same mask on a picture of another size.</summary>
    /// <param name="resize">What is done to the picture.</param>
    public EditMask Through(Func<RgbImage, RgbImage> resize)
    {
        ArgumentNullException.ThrowIfNull(resize);
        var pixels = new byte[_depths.Length * RgbImage.Channels];
        for (int i = 0; i < _depths.Length; i++)
        {
            pixels.AsSpan(i * RgbImage.Channels, RgbImage.Channels).Fill(_depths[i] > 0 ? byte.MaxValue : (byte)0);
        }
        RgbImage resized = resize(new RgbImage(Width, Height, pixels));
        return new EditMask(resized.Width, resized.Height, BrightPixels(resized), FadesOutside);
    }

    /// <summary>The edited picture within the mask, the source outside.</summary>
    /// <param name="source">The source; has the mask's size.</param>
    /// <param name="edited">The edited picture; has the mask's size.</param>
    /// <exception cref="ArgumentException">A picture has another size.</exception>
    public RgbImage Compose(RgbImage source, RgbImage edited)
    {
        RequireSize(source, nameof(source));
        RequireSize(edited, nameof(edited));
        byte[] pixels = source.Pixels.ToArray();
        ReadOnlySpan<byte> other = edited.Pixels;
        int whole = Straight * (SeamWidth + 1) * 2;
        for (int i = 0; i < _depths.Length; i++)
        {
            int part = Part(i, whole);
            if (part == 0)
            {
                continue;
            }
            for (int at = i * RgbImage.Channels; at < (i + 1) * RgbImage.Channels; at++)
            {
                pixels[at] = (byte)(((other[at] * part) + (pixels[at] * (whole - part)) + (whole / 2)) / whole);
            }
        }
        return new RgbImage(Width, Height, pixels);
    }

    /// <summary>How much of a pixel is the edited one's, of <paramref name="whole"/>.</summary>
    private int Part(int pixel, int whole) =>
        _gaps is null
            ? Math.Min(whole, 2 * _depths[pixel])
            : Math.Clamp((whole / 2) + _depths[pixel] - _gaps[pixel], 0, whole);

    /// <summary>For each pixel the distance to the nearest one where <paramref name="edited"/> is <paramref name="from"/>.</summary>
    private byte[] Distances(bool[] edited, bool from)
    {
        var distances = new byte[edited.Length];
        for (int i = 0; i < edited.Length; i++)
        {
            distances[i] = edited[i] == from ? (byte)0 : byte.MaxValue;
        }
        // What lies above and to the left, then what lies below and to the right. Beyond the picture is nothing.
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                Shorten(distances, x, y, side: -1);
            }
        }
        for (int y = Height - 1; y >= 0; y--)
        {
            for (int x = Width - 1; x >= 0; x--)
            {
                Shorten(distances, x, y, side: 1);
            }
        }
        return distances;
    }

    private void Shorten(byte[] distances, int x, int y, int side)
    {
        int at = (y * Width) + x;
        int least = distances[at];
        if (least == 0)
        {
            return;
        }
        if (x + side >= 0 && x + side < Width)
        {
            least = Math.Min(least, distances[at + side] + Straight);
        }
        if (y + side >= 0 && y + side < Height)
        {
            int row = at + (side * Width);
            least = Math.Min(least, distances[row] + Straight);
            least = x > 0 ? Math.Min(least, distances[row - 1] + Diagonal) : least;
            least = x < Width - 1 ? Math.Min(least, distances[row + 1] + Diagonal) : least;
        }
        distances[at] = (byte)least;
    }

    private void RequireSize(RgbImage image, string name)
    {
        ArgumentNullException.ThrowIfNull(image, name);
        if (image.Width != Width || image.Height != Height)
        {
            throw new ArgumentException($"{name}: expected {Width}x{Height}, got {image.Width}x{image.Height}", name);
        }
    }
}
