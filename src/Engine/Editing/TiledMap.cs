using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing;

/// <summary>A map from picture to picture done in overlapping tiles, so that its memory grows with the tile only.</summary>
internal static class TiledMap
{
    /// <summary>Applies <paramref name="map"/> tile by tile and blends the results.</summary>
    /// <param name="input">[1, C, H, W]</param>
    /// <param name="tile">Tile side in the input.</param>
    /// <param name="overlap">Overlap in the input.</param>
    /// <param name="channels">Channels of the output.</param>
    /// <param name="grow">Output side per input side, or 1.</param>
    /// <param name="shrink">Input side per output side, or 1.</param>
    /// <param name="map">What is applied: [1, C, tile, tile] → [1, channels, tile·grow/shrink, …].</param>
    /// <returns>[1, channels, H·grow/shrink, W·grow/shrink], owned by the caller.</returns>
    public static Tensor Run(
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
                At(sum, top, left, output).PlusInPlace(output.mul(mask));
                At(weight, top, left, output).PlusInPlace(mask);
            }
        }
        return sum.div_(weight).MoveToOuterDisposeScope();

        Tensor At(Tensor whole, long top, long left, Tensor part) =>
            whole.narrow(2, Scaled(top), part.size(2)).narrow(3, Scaled(left), part.size(3));
    }

    private static Tensor Fade(long length, long ramp, bool fadeStart, bool fadeEnd) =>
        tensor(TileGrid.Weights(length, ramp, fadeStart, fadeEnd));
}
