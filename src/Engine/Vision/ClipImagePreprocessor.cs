using InstructDiffusion.Engine.Imaging;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Vision;

/// <summary>
/// Pictures as CLIP was trained on them, with the steps of transformers' CLIPImageProcessor: the shorter edge resized to the
/// model's size (bicubic), the middle cut out, CLIP's mean and deviation.
/// </summary>
public sealed class ClipImagePreprocessor
{
    /// <summary>
    /// How many times as long as wide a picture may be. Only the middle square is used; the rest of a longer one would cost
    /// memory without end.
    /// </summary>
    public const int MaxAspect = 64;

    private static readonly float[][] Levels =
    [
        MakeLevels(0.48145466f, 0.26862954f),
        MakeLevels(0.4578275f, 0.26130258f),
        MakeLevels(0.40821073f, 0.27577711f),
    ];

    /// <summary>For a model of this picture side, e.g. 224.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1 or above 1024.</exception>
    public ClipImagePreprocessor(int size)
    {
        if (size is < 1 or > 1024)
        {
            throw new ArgumentOutOfRangeException(nameof(size), $"size: expected 1…1024 pixels, got {size}");
        }
        Size = size;
    }

    /// <summary>Side of the result in pixels, S.</summary>
    public int Size { get; }

    /// <summary>Prepares pictures of any sizes as one batch.</summary>
    /// <returns>fp32 [B, 3, S, S] on the CPU, owned by the caller.</returns>
    /// <exception cref="ArgumentException">No picture, or one more than <see cref="MaxAspect"/> times as long as wide.</exception>
    public Tensor Preprocess(params IReadOnlyList<RgbImage> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.Count == 0)
        {
            throw new ArgumentException("images: expected at least one", nameof(images));
        }
        var values = new float[checked(images.Count * RgbImage.Channels * Size * Size)];
        for (int i = 0; i < images.Count; i++)
        {
            Fill(values.AsSpan(i * RgbImage.Channels * Size * Size), ResizeShorterEdge(images[i]));
        }
        return tensor(values, [images.Count, RgbImage.Channels, Size, Size]);
    }

    private RgbImage ResizeShorterEdge(RgbImage image)
    {
        int shorter = Math.Min(image.Width, image.Height);
        int longer = Math.Max(image.Width, image.Height);
        if (longer > (long)shorter * MaxAspect)
        {
            throw new ArgumentException(
                $"images: {image.Width}x{image.Height} is more than {MaxAspect} times as long as wide",
                nameof(image)
            );
        }
        // int(size * long / short) of the reference: a true division, rounded down
        int resized = (int)((double)((long)Size * longer) / shorter);
        ImageSize size = image.Width <= image.Height ? new(Size, resized) : new(resized, Size);
        return ImageResizer.Resize(image, size, ResizeFilter.Bicubic);
    }

    private void Fill(Span<float> values, RgbImage image)
    {
        int left = (image.Width - Size) / 2;
        int top = (image.Height - Size) / 2;
        int plane = Size * Size;
        for (int y = 0; y < Size; y++)
        {
            ReadOnlySpan<byte> row = image.Pixels.Slice(((top + y) * image.Width + left) * RgbImage.Channels);
            for (int x = 0; x < Size; x++)
            {
                for (int channel = 0; channel < RgbImage.Channels; channel++)
                {
                    byte level = row[(x * RgbImage.Channels) + channel];
                    values[(channel * plane) + (y * Size) + x] = Levels[channel][level];
                }
            }
        }
    }

    private static float[] MakeLevels(float mean, float deviation) =>
        [.. Enumerable.Range(0, 256).Select(level => ((float)(level * (1 / 255.0)) - mean) / deviation)];
}
