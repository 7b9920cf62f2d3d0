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

    /// <summary>Posterior mode of a picture.</summary>
    /// <param name="image">[1, 3, H, W] in [−1, 1].</param>
    /// <returns>[1, 4, H/8, W/8], not multiplied by the scaling factor, owned by the caller.</returns>
    public Tensor EncodeMode(Tensor image) =>
        image.size(2) * image.size(3) <= maxWholePixels
            ? WholeMode(image)
            : Tiled(image, TilePixels, OverlapPixels, autoencoder.Config.LatentChannels, 1, _factor, WholeMode);

    /// <summary>The picture of latents.</summary>
    /// <param name="latents">[1, 4, h, w], already divided by the scaling factor.</param>
    /// <returns>[1, 3, 8h, 8w], owned by the caller.</returns>
    public Tensor Decode(Tensor latents) =>
        latents.size(2) * latents.size(3) * _factor * _factor <= maxWholePixels
            ? autoencoder.Decode(latents)
            : Tiled(
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

    /// <param name="input">[1, C, H, W]</param>
    /// <param name="tile">Tile side in the input.</param>
    /// <param name="overlap">Overlap in the input.</param>
    /// <param name="channels">Channels of the output.</param>
    /// <param name="grow">Output side per input side, or 1.</param>
    /// <param name="shrink">Input side per output side, or 1.</param>
    /// <param name="map">The model on one tile.</param>
    private static Tensor Tiled(
        Tensor input,
        int tile,
        int overlap,
        int channels,
        int grow,
        int shrink,
        Func<Tensor, Tensor> map
    )
    {
        using var scope = NewDisposeScope();
        long Scaled(long side) => side * grow / shrink;
        // Starts are found on the coarser grid, so that tiles meet exactly in the output.
        IReadOnlyList<long> Starts(long side) =>
            [.. TileGrid.Starts(side / shrink, tile / shrink, overlap / shrink).Select(start => start * shrink)];

        long height = input.size(2);
        long width = input.size(3);
        long tileHeight = Math.Min(tile, height);
        long tileWidth = Math.Min(tile, width);
        Tensor sum = zeros([1, channels, Scaled(height), Scaled(width)], ScalarType.Float32, input.device);
        Tensor weight = zeros([1, 1, Scaled(height), Scaled(width)], ScalarType.Float32, input.device);
        foreach (long top in Starts(height))
        {
            foreach (long left in Starts(width))
            {
                using var tileScope = NewDisposeScope();
                Tensor output = map(input.narrow(2, top, tileHeight).narrow(3, left, tileWidth));
                Tensor vertical = Fade(Scaled(tileHeight), Scaled(overlap), top > 0, top + tileHeight < height);
                Tensor horizontal = Fade(Scaled(tileWidth), Scaled(overlap), left > 0, left + tileWidth < width);
                Tensor mask = vertical.unsqueeze(1).mul(horizontal.unsqueeze(0)).to(input.device); // [tileH, tileW]
                At(sum, top, left, output).add_(output.mul(mask));
                At(weight, top, left, output).add_(mask);
            }
        }
        return sum.div_(weight).MoveToOuterDisposeScope();

        Tensor At(Tensor whole, long top, long left, Tensor part) =>
            whole.narrow(2, Scaled(top), part.size(2)).narrow(3, Scaled(left), part.size(3));
    }

    private static Tensor Fade(long length, long ramp, bool fadeStart, bool fadeEnd) =>
        tensor(TileGrid.Weights(length, ramp, fadeStart, fadeEnd));
}
