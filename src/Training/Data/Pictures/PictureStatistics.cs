using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data.Pictures;

/// <summary>Sizes of the pictures that have been decoded. Thread-safe.</summary>
public sealed class PictureStatistics
{
    // Medians over the first million are those of the whole.
    private const int MostKept = 1_000_000;

    private readonly Lock _counting = new();
    private readonly List<ImageSize> _sizes = [];
    private long _count;

    /// <summary>Pictures decoded.</summary>
    public long Count
    {
        get
        {
            lock (_counting)
            {
                return _count;
            }
        }
    }

    /// <summary>The smallest, the middle one and the largest by their pixels; null when there is none.</summary>
    public (ImageSize Smallest, ImageSize Median, ImageSize Largest)? Summary
    {
        get
        {
            lock (_counting)
            {
                ImageSize[] sorted = [.. _sizes.OrderBy(size => size.PixelCount)];
                return sorted.Length == 0 ? null : (sorted[0], sorted[sorted.Length / 2], sorted[^1]);
            }
        }
    }

    /// <summary>Notes one.</summary>
    public void Add(ImageSize size)
    {
        lock (_counting)
        {
            _count++;
            if (_sizes.Count < MostKept)
            {
                _sizes.Add(size);
            }
        }
    }
}
