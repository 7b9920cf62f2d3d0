using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Construction.Regions;

/// <summary>Finds what a phrase names. Any number of threads may ask at once.</summary>
internal interface IRegionSegmenter
{
    /// <summary>What it is, for the records.</summary>
    ModelNote Model { get; }

    /// <summary>How surely each pixel is meant.</summary>
    /// <returns>0…1, one value a pixel of the picture, row by row.</returns>
    float[] Certainties(RgbImage image, string phrase);
}
