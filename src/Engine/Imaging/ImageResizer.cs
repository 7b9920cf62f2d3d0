namespace InstructDiffusion.Engine.Imaging;

/// <summary>
/// Resizing with Pillow's 8-bit arithmetic, bit for bit: horizontally, rounded to bytes, then vertically (libImaging/Resample.c and
/// PIL/ImageOps.py of 9.4). The models were trained on pictures resized this way.
/// </summary>
public static class ImageResizer
{
    /// <summary>Resizes a whole picture, as Pillow's <c>image.resize(size, filter)</c>. Aspect is not kept.</summary>
    /// <exception cref="ArgumentException">A side of <paramref name="size"/> is below 1.</exception>
    public static RgbImage Resize(RgbImage image, ImageSize size, ResizeFilter filter) =>
        Resize(image, size, filter, ResizeBox.Whole(SizeOf(image)));

    /// <summary>Resizes a part of a picture, as Pillow's <c>image.resize(size, filter, box)</c>.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="size">The result's size, sides at least 1.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="box">The part, inside the picture and not empty.</param>
    /// <exception cref="ArgumentException">Size or box is impossible.</exception>
    public static RgbImage Resize(RgbImage image, ImageSize size, ResizeFilter filter, ResizeBox box)
    {
        ArgumentNullException.ThrowIfNull(image);
        RequireSize(size);
        RequireInside(image, box);
        bool isWidthKept = size.Width == image.Width && box.Left == 0 && box.Right == size.Width;
        bool isHeightKept = size.Height == image.Height && box.Top == 0 && box.Bottom == size.Height;
        if (isWidthKept && isHeightKept)
        {
            return image;
        }
        var vertical = new ResizeKernel(filter, image.Height, box.Top, box.Bottom, size.Height);
        // Only the rows that the vertical pass will read.
        int firstRow = isHeightKept ? 0 : vertical.Begin;
        int rows = isHeightKept ? image.Height : vertical.End - firstRow;
        ReadOnlySpan<byte> pixels = image.Pixels.Slice(firstRow * image.Width * 3, rows * image.Width * 3);
        if (!isWidthKept)
        {
            var horizontal = new ResizeKernel(filter, image.Width, box.Left, box.Right, size.Width);
            var narrowed = new byte[checked(size.Width * rows * 3)];
            ResizePasses.Horizontal(pixels, image.Width, narrowed, size.Width, horizontal);
            if (isHeightKept)
            {
                return new RgbImage(size.Width, size.Height, narrowed);
            }
            pixels = narrowed;
        }
        var result = new byte[checked(size.Width * size.Height * 3)];
        ResizePasses.Vertical(pixels, firstRow, result, size.Width * 3, vertical);
        return new RgbImage(size.Width, size.Height, result);
    }

    /// <summary>
    /// Fills <paramref name="size"/> without distortion: the largest centred part of the right aspect, resized. As Pillow's
    /// <c>ImageOps.fit(image, size, filter)</c>.
    /// </summary>
    /// <exception cref="ArgumentException">A side of <paramref name="size"/> is below 1.</exception>
    public static RgbImage Fit(RgbImage image, ImageSize size, ResizeFilter filter)
    {
        ArgumentNullException.ThrowIfNull(image);
        RequireSize(size);
        return Resize(image, size, filter, FitBox(SizeOf(image), size));
    }

    /// <summary>The part of a picture that <see cref="Fit"/> keeps.</summary>
    /// <param name="source">The picture's size.</param>
    /// <param name="target">The size to fill.</param>
    public static ResizeBox FitBox(ImageSize source, ImageSize target)
    {
        // Divisions and order of operations are Pillow's, in double precision.
        double sourceAspect = (double)source.Width / source.Height;
        double targetAspect = (double)target.Width / target.Height;
        double width = source.Width;
        double height = source.Height;
        if (sourceAspect >= targetAspect)
        {
            width = sourceAspect == targetAspect ? width : targetAspect * source.Height;
        }
        else
        {
            height = source.Width / targetAspect;
        }
        double left = (source.Width - width) * 0.5;
        double top = (source.Height - height) * 0.5;
        return new ResizeBox((float)left, (float)top, (float)(left + width), (float)(top + height));
    }

    private static ImageSize SizeOf(RgbImage image) => new(image.Width, image.Height);

    private static void RequireSize(ImageSize size)
    {
        if (size.Width < 1 || size.Height < 1)
        {
            throw new ArgumentException($"size: sides must be at least 1, got {size}", nameof(size));
        }
    }

    private static void RequireInside(RgbImage image, ResizeBox box)
    {
        bool isInside = box.Left >= 0 && box.Top >= 0 && box.Right <= image.Width && box.Bottom <= image.Height;
        if (!isInside || !(box.Left < box.Right) || !(box.Top < box.Bottom))
        {
            throw new ArgumentException($"box: {box} is no part of {image.Width}x{image.Height}", nameof(box));
        }
    }
}
