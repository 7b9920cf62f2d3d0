using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Construction.Replacement;

/// <summary>Paints something else where something is. Any number of threads may ask at once.</summary>
internal interface IExemplarPainter
{
    /// <summary>What it is, for the records.</summary>
    ModelNote Model { get; }

    /// <summary>Everything that decides the result beside pictures and seed.</summary>
    JsonObject Settings { get; }

    /// <summary>Paints.</summary>
    /// <param name="picture">The picture, and what is to be replaced in it.</param>
    /// <param name="hole">The same, widened: what may change.</param>
    /// <param name="exemplar">What is to be seen: the part of a picture around it, and which pixels of that it has.</param>
    /// <param name="seed">Of its random choices.</param>
    /// <param name="cancellationToken">Looked at during long work.</param>
    /// <returns>A picture of the same size, and where it is to be taken.</returns>
    /// <exception cref="RejectedItemException">It cannot.</exception>
    (RgbImage Painted, RegionMask Changed) Paint(
        WorkingPicture picture,
        RegionMask hole,
        WorkingPicture exemplar,
        long seed,
        CancellationToken cancellationToken
    );
}
