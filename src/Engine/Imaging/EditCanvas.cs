namespace InstructDiffusion.Engine.Imaging;

/// <summary>
/// The way of a picture to the model's canvas and of the result back to the picture's own size. Holds sizes only, no pixels.
/// Resizing is Lanczos throughout; where the aspects agree both placements are one plain resize.
/// </summary>
public sealed class EditCanvas
{
    // Pad: the part of the canvas the picture covers.
    private readonly ImageSize _inner;
    private readonly int _left;
    private readonly int _top;

    /// <summary>A canvas for pictures of one size.</summary>
    /// <param name="source">The picture's size, sides at least 1.</param>
    /// <param name="size">The canvas' size, sides at least 1.</param>
    /// <param name="placement">What happens where the aspects differ.</param>
    /// <exception cref="ArgumentException">A side is below 1.</exception>
    public EditCanvas(ImageSize source, ImageSize size, CanvasPlacement placement = CanvasPlacement.Pad)
    {
        RequireSides(source, nameof(source));
        RequireSides(size, nameof(size));
        Source = source;
        Size = size;
        Placement = placement;
        _inner = InnerSize(source, size);
        _left = (size.Width - _inner.Width) / 2;
        _top = (size.Height - _inner.Height) / 2;
        Map = placement == CanvasPlacement.Pad ? PadMap() : CropMap();
    }

    /// <summary>The picture's size.</summary>
    public ImageSize Source { get; }

    /// <summary>The canvas' size.</summary>
    public ImageSize Size { get; }

    /// <summary>What happens where the aspects differ.</summary>
    public CanvasPlacement Placement { get; }

    /// <summary>Where points of the source lie on the canvas, for whatever is found there and must be told in the source's pixels.</summary>
    public CanvasMap Map { get; }

    /// <summary>
    /// The picture as large as it is on the canvas, without what surrounds it there. Placed on an equal canvas (<see cref="Placement"/>
    /// <c>Pad</c>) it gives what the picture itself gives, bit for bit.
    /// </summary>
    /// <param name="source">A picture of <see cref="Source"/>'s size.</param>
    /// <exception cref="ArgumentException">It has another size.</exception>
    public RgbImage Scale(RgbImage source)
    {
        RequireSize(source, Source, nameof(source));
        return ImageResizer.Resize(source, _inner, ResizeFilter.Lanczos3);
    }

    /// <summary>The picture on the canvas.</summary>
    /// <param name="source">A picture of <see cref="Source"/>'s size.</param>
    /// <exception cref="ArgumentException">It has another size.</exception>
    public RgbImage Place(RgbImage source)
    {
        RequireSize(source, Source, nameof(source));
        if (Placement == CanvasPlacement.Crop)
        {
            return ImageResizer.Fit(source, Size, ResizeFilter.Lanczos3);
        }
        RgbImage inner = Scale(source);
        return _inner == Size ? inner : Mirror(inner);
    }

    /// <summary>The model's result at the source's size.</summary>
    /// <param name="canvas">A picture of <see cref="Size"/>.</param>
    /// <exception cref="ArgumentException">It has another size.</exception>
    public RgbImage Restore(RgbImage canvas)
    {
        RequireSize(canvas, Size, nameof(canvas));
        if (Placement == CanvasPlacement.Crop)
        {
            return ImageResizer.Fit(canvas, Source, ResizeFilter.Lanczos3);
        }
        RgbImage inner = _inner == Size ? canvas : Cut(canvas);
        return ImageResizer.Resize(inner, Source, ResizeFilter.Lanczos3);
    }

    /// <summary>The largest size of the source's aspect inside the canvas, to the nearest pixel: one side is the canvas' own.</summary>
    private static ImageSize InnerSize(ImageSize source, ImageSize size)
    {
        bool isWider = (long)source.Width * size.Height >= (long)source.Height * size.Width;
        return isWider
            ? new ImageSize(size.Width, ScaleSide(source.Height, size.Width, source.Width))
            : new ImageSize(ScaleSide(source.Width, size.Height, source.Height), size.Height);
    }

    private static int ScaleSide(int side, int numerator, int denominator) =>
        (int)Math.Max(1, (((2L * side * numerator) + denominator) / (2L * denominator)));

    private CanvasMap PadMap() =>
        new((double)_inner.Width / Source.Width, (double)_inner.Height / Source.Height, _left, _top);

    private CanvasMap CropMap()
    {
        ResizeBox box = ImageResizer.FitBox(Source, Size);
        double scaleX = Size.Width / (double)(box.Right - box.Left);
        double scaleY = Size.Height / (double)(box.Bottom - box.Top);
        return new CanvasMap(scaleX, scaleY, -box.Left * scaleX, -box.Top * scaleY);
    }

    private RgbImage Mirror(RgbImage inner)
    {
        int[] columns = MirrorIndices(Size.Width, _left, inner.Width);
        int[] rows = MirrorIndices(Size.Height, _top, inner.Height);
        var pixels = new byte[Size.Width * Size.Height * RgbImage.Channels];
        int target = 0;
        foreach (int row in rows)
        {
            ReadOnlySpan<byte> source = inner.Pixels.Slice(row * inner.Width * RgbImage.Channels);
            foreach (int column in columns)
            {
                source.Slice(column * RgbImage.Channels, RgbImage.Channels).CopyTo(pixels.AsSpan(target));
                target += RgbImage.Channels;
            }
        }
        return new RgbImage(Size.Width, Size.Height, pixels);
    }

    /// <summary>For each canvas position the inner one it shows: reflected at the edge pixels, which are not repeated, as often as needed.</summary>
    private static int[] MirrorIndices(int length, int offset, int inner)
    {
        var indices = new int[length];
        int period = Math.Max(2 * (inner - 1), 1);
        for (int i = 0; i < length; i++)
        {
            int position = Math.Abs(i - offset) % period;
            indices[i] = position < inner ? position : period - position;
        }
        return indices;
    }

    private RgbImage Cut(RgbImage canvas)
    {
        var pixels = new byte[_inner.Width * _inner.Height * RgbImage.Channels];
        int stride = _inner.Width * RgbImage.Channels;
        for (int row = 0; row < _inner.Height; row++)
        {
            int start = (((row + _top) * canvas.Width) + _left) * RgbImage.Channels;
            canvas.Pixels.Slice(start, stride).CopyTo(pixels.AsSpan(row * stride));
        }
        return new RgbImage(_inner.Width, _inner.Height, pixels);
    }

    private static void RequireSides(ImageSize size, string name)
    {
        if (size.Width < 1 || size.Height < 1)
        {
            throw new ArgumentException($"{name}: sides must be at least 1, got {size}", name);
        }
    }

    private static void RequireSize(RgbImage image, ImageSize expected, string name)
    {
        ArgumentNullException.ThrowIfNull(image, name);
        if (image.Width != expected.Width || image.Height != expected.Height)
        {
            throw new ArgumentException($"{name}: expected {expected}, got {image.Width}x{image.Height}", name);
        }
    }
}
