using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Construction.Inpainting;

/// <summary>Fills a region with what could be behind it. Any number of threads may ask at once.</summary>
internal interface IInpainter
{
    /// <summary>What it is, for the records.</summary>
    ModelNote Model { get; }

    /// <summary>Everything that decides the result beside picture, region and seed.</summary>
    JsonObject Settings { get; }

    /// <summary>Fills.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="mask">What to fill, of the picture's size, not empty.</param>
    /// <param name="phrase">What is there now, in words.</param>
    /// <param name="seed">Of its random choices.</param>
    /// <param name="cancellationToken">Looked at during long work.</param>
    /// <returns>A picture of the same size; what lies outside the region is of no interest.</returns>
    /// <exception cref="RejectedItemException">It cannot.</exception>
    RgbImage Fill(RgbImage image, RegionMask mask, string phrase, long seed, CancellationToken cancellationToken);
}
