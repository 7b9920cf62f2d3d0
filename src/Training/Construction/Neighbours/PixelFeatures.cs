using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Construction.Neighbours;

/// <summary>
/// A region's shape and colours on a coarse grid: a stand-in for CLIP, which knows what things are. It finds what has a similar
/// outline and similar colours, and is named as a stand-in in the records.
/// </summary>
internal sealed class PixelFeatures : IRegionFeatures
{
    private const int Grid = 6;

    /// <inheritdoc/>
    public ModelNote Model { get; } = new("features", "pixel-grid (stand-in, no model)", Sha256: null);

    /// <inheritdoc/>
    public float[] Of(RgbImage patch, RegionMask mask)
    {
        const int PerCell = 1 + RgbImage.Channels;
        var sums = new double[Grid * Grid * PerCell];
        var pixels = new int[Grid * Grid];
        for (int i = 0; i < mask.Pixels.Length; i++)
        {
            int cell = i / mask.Width * Grid / mask.Height * Grid + i % mask.Width * Grid / mask.Width;
            pixels[cell]++;
            if (mask.Pixels[i])
            {
                sums[cell * PerCell]++;
                for (int c = 0; c < RgbImage.Channels; c++)
                {
                    sums[cell * PerCell + 1 + c] += patch.Pixels[i * RgbImage.Channels + c] / 127.5 - 1;
                }
            }
        }
        var features = new float[sums.Length];
        for (int i = 0; i < features.Length; i++)
        {
            double mean = sums[i] / Math.Max(pixels[i / PerCell], 1);
            features[i] = (float)(i % PerCell == 0 ? 2 * mean - 1 : mean);
        }
        return Vectors.Normalize(features);
    }
}
