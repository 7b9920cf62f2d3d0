using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Construction.Neighbours;

/// <summary>A region as a vector: what is alike lies close. Any number of threads may ask at once.</summary>
internal interface IRegionFeatures
{
    /// <summary>What it is, for the records.</summary>
    ModelNote Model { get; }

    /// <summary>The vector.</summary>
    /// <param name="patch">The part of the picture around the region.</param>
    /// <param name="mask">The region in it.</param>
    /// <returns>Of length 1, with as many numbers for every region.</returns>
    float[] Of(RgbImage patch, RegionMask mask);
}
