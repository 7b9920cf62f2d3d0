using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Scoring;

/// <summary>Which pictures CLIP takes.</summary>
internal static class PictureShape
{
    /// <summary>The picture itself.</summary>
    /// <exception cref="BrokenSampleException">It is a mere line, of which CLIP would see next to nothing.</exception>
    public static RgbImage Require(RgbImage picture, string name)
    {
        (int shorter, int longer) = (Math.Min(picture.Width, picture.Height), Math.Max(picture.Width, picture.Height));
        return longer <= (long)shorter * ClipImagePreprocessor.MaxAspect
            ? picture
            : throw new BrokenSampleException(
                $"{name}: {picture.Width}x{picture.Height} is more than {ClipImagePreprocessor.MaxAspect} times as long as wide"
            );
    }
}
