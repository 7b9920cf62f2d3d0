using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Data.Pictures;

/// <summary>Decodes the pictures of a data set, within bounds. Any number of threads may share one.</summary>
/// <param name="statistics">Told the size of each picture; null for nobody.</param>
/// <param name="upright">Obey EXIF orientations; false for annotations that refer to the pixels as stored.</param>
internal sealed class SamplePictures(PictureStatistics? statistics = null, bool upright = false)
{
    /// <summary>Wider than the server's: SIDD's pictures are lossless, of 16 megapixels.</summary>
    public static ImageDecodeLimits Limits { get; } = new() { MaxBytes = 128_000_000, MaxPixels = 64_000_000 };

    /// <summary>Decodes a file of a data set.</summary>
    /// <exception cref="BrokenSampleException">It is missing, outside, too large or damaged.</exception>
    public RgbImage Read(DatasetRoot root, string name) => Decode(root.Read(name, Limits.MaxBytes), name);

    /// <summary>Decodes a picture.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <exception cref="BrokenSampleException">It is too large or damaged.</exception>
    public RgbImage Decode(ReadOnlyMemory<byte> bytes, string name)
    {
        try
        {
            RgbImage image = ImageCodec.Decode(bytes, Limits, upright).Image;
            statistics?.Add(new ImageSize(image.Width, image.Height));
            return image;
        }
        catch (ImageFormatException error)
        {
            throw new BrokenSampleException($"{name}: {error.Message}", error);
        }
    }
}
