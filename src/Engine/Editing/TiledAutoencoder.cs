using InstructDiffusion.Engine.Models.Autoencoder;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing;

/// <summary>
/// Encodes and decodes whole pictures up to a limit, and larger ones in overlapping tiles blended linearly, so that memory
/// grows with the tile and not with the picture. Tiles see only themselves: norms and the attention at the bottleneck differ
/// a little from the whole picture's, which is why small pictures are never cut.
/// </summary>
/// <param name="autoencoder">The model; not owned.</param>
/// <param name="maxWholePixels">Pictures up to this many pixels are done in one piece.</param>
internal sealed class TiledAutoencoder(AutoencoderKL autoencoder, long maxWholePixels)
{
    // A tile is as large as the models were made for; a quarter of it overlaps.
    private const int TilePixels = 512;
    private const int OverlapPixels = TilePixels / 4;

    private readonly int _factor = autoencoder.Config.DownsamplingFactor;

    /// <summary>Posterior mode of pictures.</summary>
    /// <param name="image">[B, 3, H, W] in [−1, 1]; B is 1 where a picture is cut into tiles.</param>
    /// <returns>[B, 4, H/8, W/8], not multiplied by the scaling factor, owned by the caller.</returns>
    public Tensor EncodeMode(Tensor image) =>
        image.size(2) * image.size(3) <= maxWholePixels
            ? WholeMode(image)
            : TiledMap.Run(image, TilePixels, OverlapPixels, autoencoder.Config.LatentChannels, 1, _factor, WholeMode);

    /// <summary>The picture of latents.</summary>
    /// <param name="latents">[1, 4, h, w], already divided by the scaling factor.</param>
    /// <returns>[1, 3, 8h, 8w], owned by the caller.</returns>
    public Tensor Decode(Tensor latents) =>
        latents.size(2) * latents.size(3) * _factor * _factor <= maxWholePixels
            ? autoencoder.Decode(latents)
            : TiledMap.Run(
                latents,
                TilePixels / _factor,
                OverlapPixels / _factor,
                autoencoder.Config.ImageChannels,
                _factor,
                1,
                autoencoder.Decode
            );

    private Tensor WholeMode(Tensor image)
    {
        using DiagonalGaussian posterior = autoencoder.Encode(image);
        return posterior.Mean.alias();
    }
}
