using System.Numerics;
using InstructDiffusion.Engine.Native;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers.Winograd;

/// <summary>
/// A 3×3 convolution of stride 1 and padding 1 on the CPU in fp32, by F(4×4, 3×3) or F(2×2, 3×3): a quarter, or four ninths, of
/// the products of the direct form, as matrix products over tiles. For inference: it records no gradient.
/// </summary>
internal sealed unsafe class WinogradConvolution : IDisposable
{
    // Transformed weights are 4 (F4) or 1.8 (F2) times the filter's: the widest layers, which work on small maps, take F2.
    private const long LargestOfFour = 128L << 20;

    // Tiles of a block, both sides of the product: they are to stay in the last cache.
    private const long BlockBytes = 16L << 20;

    // Filters transformed at a time: all of a wide layer in double precision would be many times its weights.
    private const long OutputsAtOnce = 128;

    // Tiles that are worth another thread.
    private const long Grain = 4;

    private readonly Tensor _weights; // [n², C, K]
    private readonly Tensor? _bias; // [K]
    private readonly WinogradWorkspace _workspace;
    private readonly int _side;
    private readonly int _inputs;
    private readonly int _outputs;

    /// <summary>Transforms the weights, in double precision.</summary>
    /// <param name="weight">[K, C, 3, 3] fp32; not kept.</param>
    /// <param name="bias">[K] fp32, kept by the caller; null for none.</param>
    /// <param name="workspace">Of the model; kept by the caller.</param>
    public WinogradConvolution(Tensor weight, Tensor? bias, WinogradWorkspace workspace)
    {
        _outputs = (int)weight.size(0);
        _inputs = (int)weight.size(1);
        _side = 36L * _inputs * _outputs * sizeof(float) <= LargestOfFour ? 4 : 2;
        _bias = bias;
        _workspace = workspace;
        _weights = Transformed(weight, _side).DetachFromDisposeScope();
    }

    /// <summary>Whether a layer can be computed so: whole vectors of channels, and a libtorch that has what is needed.</summary>
    public static bool Supports(int inputs, int outputs) =>
        Vector.IsHardwareAccelerated
        && inputs % Vector<float>.Count == 0
        && outputs % Vector<float>.Count == 0
        && LibtorchKernels.Available;

    /// <summary>[B, C, H, W] of any strides → [B, K, H, W], channels last in memory, owned by the caller's scope.</summary>
    public Tensor Run(Tensor input)
    {
        using var scope = NewDisposeScope();
        (long batch, int height, int width) = (input.size(0), (int)input.size(2), (int)input.size(3));
        Tensor map = ChannelsLast.Of(input);
        Tensor result = empty(batch, height, width, _outputs);
        int across = (width + _side - 1) / _side;
        int tilesOfMap = across * ((height + _side - 1) / _side);
        int planes = (_side + 2) * (_side + 2);
        long tiles = batch * tilesOfMap;
        long most = Math.Max(1, BlockBytes / (planes * (_inputs + _outputs) * sizeof(float)));
        // Blocks of equal size: a last one of a few tiles would multiply slowly.
        long blocks = (tiles + most - 1) / most;
        long perBlock = (tiles + blocks - 1) / blocks;
        for (long first = 0; first < tiles; first += perBlock)
        {
            using var ofBlock = NewDisposeScope();
            long count = Math.Min(perBlock, tiles - first);
            (Tensor inputs, Tensor outputs) = _workspace.Tiles(planes, count, _inputs, _outputs);
            var block = new WinogradKernel.Block
            {
                Map = Data(map),
                Tiles = Data(inputs),
                Height = height,
                Width = width,
                Channels = _inputs,
                Side = _side,
                TilesAcross = across,
                TilesOfMap = tilesOfMap,
                FirstTile = first,
                TileCount = count,
            };
            LibtorchKernels.ForEachPart(count, Grain, &WinogradKernel.Forward, &block);
            LibtorchKernels.MultiplyBatches(outputs, inputs, _weights);
            block.Map = Data(result);
            block.Tiles = Data(outputs);
            block.Channels = _outputs;
            block.Bias = _bias is null ? null : Data(_bias);
            LibtorchKernels.ForEachPart(count, Grain, &WinogradKernel.Backward, &block);
        }
        return result.permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _weights.Dispose();

    private static float* Data(Tensor tensor) => (float*)LibtorchKernels.DataOf(tensor);

    private static Tensor Transformed(Tensor weight, int side)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        double[,] filter = side == 4 ? WinogradTile.FilterOfFour : WinogradTile.FilterOfTwo;
        Tensor g = tensor(filter); // [n, 3]
        (long outputs, long inputs) = (weight.size(0), weight.size(1));
        Tensor result = empty((side + 2) * (side + 2), inputs, outputs);
        for (long first = 0; first < outputs; first += OutputsAtOnce)
        {
            using var ofPart = NewDisposeScope();
            long count = Math.Min(OutputsAtOnce, outputs - first);
            // G·w·Gᵀ of every pair of channels: [count, C, n, n]
            Tensor part = g.matmul(weight.narrow(0, first, count).to(ScalarType.Float64)).matmul(g.t());
            result.narrow(2, first, count).copy_(part.permute(2, 3, 1, 0).reshape(result.size(0), inputs, count));
        }
        return result.MoveToOuterDisposeScope();
    }
}
