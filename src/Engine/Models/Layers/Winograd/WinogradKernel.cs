using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace InstructDiffusion.Engine.Models.Layers.Winograd;

/// <summary>
/// The transforms of a block of tiles, called on libtorch's threads. Maps are [B, H, W, C] in memory, transformed tiles
/// [n², T, C]: each of the n² planes is one factor of a matrix product.
/// </summary>
internal static unsafe class WinogradKernel
{
    /// <summary>What the transforms of one block need; pointers live as long as the call.</summary>
    public struct Block
    {
        /// <summary>[B, H, W, C] the map.</summary>
        public float* Map;

        /// <summary>[n², T, C] the tiles.</summary>
        public float* Tiles;

        /// <summary>[C], added to results; null for none.</summary>
        public float* Bias;

        /// <summary>H.</summary>
        public int Height;

        /// <summary>W.</summary>
        public int Width;

        /// <summary>C.</summary>
        public int Channels;

        /// <summary>m, 2 or 4.</summary>
        public int Side;

        /// <summary>Tiles in a row of the map, ⌈W/m⌉.</summary>
        public int TilesAcross;

        /// <summary>Tiles of a map, ⌈H/m⌉·⌈W/m⌉.</summary>
        public int TilesOfMap;

        /// <summary>Which tile of the batch is the block's first.</summary>
        public long FirstTile;

        /// <summary>T, tiles in the block.</summary>
        public long TileCount;
    }

    /// <summary>Bᵀ·d·B of tiles first…last−1 of the block: from the map into the planes.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Forward(long first, long last, void* state)
    {
        ref Block block = ref Unsafe.AsRef<Block>(state);
        int n = block.Side + 2;
        Span<Vector<float>> patch = stackalloc Vector<float>[36];
        for (long tile = first; tile < last; tile++)
        {
            (long image, int top, int left) = Place(ref block, tile);
            float* origin = block.Map + image * block.Height * block.Width * block.Channels;
            for (int c = 0; c < block.Channels; c += Vector<float>.Count)
            {
                for (int y = 0; y < n; y++)
                {
                    int row = top + y - 1;
                    for (int x = 0; x < n; x++)
                    {
                        int column = left + x - 1;
                        bool inside = (uint)row < (uint)block.Height && (uint)column < (uint)block.Width;
                        patch[y * n + x] = inside
                            ? Vector.Load(origin + ((long)row * block.Width + column) * block.Channels + c)
                            : Vector<float>.Zero;
                    }
                }
                Transform(patch, n);
                float* to = block.Tiles + tile * block.Channels + c;
                long plane = block.TileCount * block.Channels;
                for (int i = 0; i < n * n; i++)
                {
                    patch[i].Store(to + i * plane);
                }
            }
        }
    }

    /// <summary>Aᵀ·M·A and the bias of tiles first…last−1 of the block: from the planes into the map.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Backward(long first, long last, void* state)
    {
        ref Block block = ref Unsafe.AsRef<Block>(state);
        int n = block.Side + 2;
        Span<Vector<float>> patch = stackalloc Vector<float>[36];
        for (long tile = first; tile < last; tile++)
        {
            (long image, int top, int left) = Place(ref block, tile);
            float* origin = block.Map + image * block.Height * block.Width * block.Channels;
            int rows = Math.Min(block.Side, block.Height - top);
            int columns = Math.Min(block.Side, block.Width - left);
            for (int c = 0; c < block.Channels; c += Vector<float>.Count)
            {
                float* from = block.Tiles + tile * block.Channels + c;
                long plane = block.TileCount * block.Channels;
                for (int i = 0; i < n * n; i++)
                {
                    patch[i] = Vector.Load(from + i * plane);
                }
                TransformBack(patch, n);
                Vector<float> bias = block.Bias is null ? Vector<float>.Zero : Vector.Load(block.Bias + c);
                for (int y = 0; y < rows; y++)
                {
                    float* to = origin + ((long)(top + y) * block.Width + left) * block.Channels + c;
                    for (int x = 0; x < columns; x++)
                    {
                        (patch[y * n + x] + bias).Store(to + (long)x * block.Channels);
                    }
                }
            }
        }
    }

    private static (long Image, int Top, int Left) Place(ref Block block, long tile)
    {
        (long image, long within) = Math.DivRem(block.FirstTile + tile, block.TilesOfMap);
        (int row, int column) = Math.DivRem((int)within, block.TilesAcross);
        return (image, row * block.Side, column * block.Side);
    }

    private static void Transform(Span<Vector<float>> patch, int n)
    {
        if (n == 4)
        {
            for (int i = 0; i < 4; i++)
            {
                WinogradTile.ForwardOfTwo(patch, i, 4);
            }
            for (int i = 0; i < 4; i++)
            {
                WinogradTile.ForwardOfTwo(patch, 4 * i, 1);
            }
            return;
        }
        for (int i = 0; i < 6; i++)
        {
            WinogradTile.ForwardOfFour(patch, i, 6);
        }
        for (int i = 0; i < 6; i++)
        {
            WinogradTile.ForwardOfFour(patch, 6 * i, 1);
        }
    }

    private static void TransformBack(Span<Vector<float>> patch, int n)
    {
        if (n == 4)
        {
            for (int i = 0; i < 4; i++)
            {
                WinogradTile.BackwardOfTwo(patch, i, 4);
            }
            for (int i = 0; i < 2; i++)
            {
                WinogradTile.BackwardOfTwo(patch, 4 * i, 1);
            }
            return;
        }
        for (int i = 0; i < 6; i++)
        {
            WinogradTile.BackwardOfFour(patch, i, 6);
        }
        for (int i = 0; i < 4; i++)
        {
            WinogradTile.BackwardOfFour(patch, 6 * i, 1);
        }
    }
}
