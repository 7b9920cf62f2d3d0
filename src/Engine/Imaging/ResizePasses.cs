using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace InstructDiffusion.Engine.Imaging;

/// <summary>The two passes of a resize in fixed point. Integer arithmetic: the vector width changes nothing in the result.</summary>
internal static class ResizePasses
{
    private const int Half = 1 << (ResizeKernel.PrecisionBits - 1);

    /// <summary>Resizes every row. A pixel's three channels are summed side by side in one 128-bit vector.</summary>
    /// <param name="source">Rows of <paramref name="sourceWidth"/> RGB pixels.</param>
    /// <param name="sourceWidth">Pixels a row.</param>
    /// <param name="target">As many rows of <paramref name="targetWidth"/> pixels.</param>
    /// <param name="targetWidth">Pixels a row of the result.</param>
    /// <param name="kernel">The weights.</param>
    public static void Horizontal(
        ReadOnlySpan<byte> source,
        int sourceWidth,
        Span<byte> target,
        int targetWidth,
        ResizeKernel kernel
    )
    {
        var lanes = new Vector128<int>[sourceWidth];
        int rows = source.Length / (sourceWidth * 3);
        for (int row = 0; row < rows; row++)
        {
            Unpack(source.Slice(row * sourceWidth * 3, sourceWidth * 3), lanes, kernel.Begin, kernel.End);
            Span<byte> result = target.Slice(row * targetWidth * 3, targetWidth * 3);
            for (int x = 0; x < targetWidth; x++)
            {
                ReadOnlySpan<int> weights = kernel.At(x, out int first);
                ReadOnlySpan<Vector128<int>> pixels = lanes.AsSpan(first, weights.Length);
                Vector128<int> sum = Vector128.Create(Half);
                for (int i = 0; i < weights.Length; i++)
                {
                    sum += pixels[i] * weights[i];
                }
                Vector128<int> value = Vector128.Clamp(
                    sum >> ResizeKernel.PrecisionBits,
                    Vector128<int>.Zero,
                    Vector128.Create(255)
                );
                result[3 * x] = (byte)value[0];
                result[(3 * x) + 1] = (byte)value[1];
                result[(3 * x) + 2] = (byte)value[2];
            }
        }
    }

    private static void Unpack(ReadOnlySpan<byte> row, Span<Vector128<int>> lanes, int begin, int end)
    {
        for (int x = begin; x < end; x++)
        {
            lanes[x] = Vector128.Create(row[3 * x], row[(3 * x) + 1], row[(3 * x) + 2], 0);
        }
    }

    /// <summary>Mixes rows: every byte of an output row from the bytes above one another in the input.</summary>
    /// <param name="source">Rows from <paramref name="firstRow"/> of the kernel's input on.</param>
    /// <param name="firstRow">The input row that <paramref name="source"/> begins with.</param>
    /// <param name="target">The output rows.</param>
    /// <param name="stride">Bytes a row, the same in both.</param>
    /// <param name="kernel">The weights.</param>
    public static void Vertical(
        ReadOnlySpan<byte> source,
        int firstRow,
        Span<byte> target,
        int stride,
        ResizeKernel kernel
    )
    {
        int rows = target.Length / stride;
        for (int y = 0; y < rows; y++)
        {
            ReadOnlySpan<int> weights = kernel.At(y, out int first);
            ReadOnlySpan<byte> above = source.Slice((first - firstRow) * stride, weights.Length * stride);
            Span<byte> result = target.Slice(y * stride, stride);
            int x = 0;
            for (; x + Vector<byte>.Count <= stride; x += Vector<byte>.Count)
            {
                MixBlock(above[x..], stride, weights, result[x..]);
            }
            for (; x < stride; x++)
            {
                int sum = Half;
                for (int i = 0; i < weights.Length; i++)
                {
                    sum += above[(i * stride) + x] * weights[i];
                }
                result[x] = (byte)Math.Clamp(sum >> ResizeKernel.PrecisionBits, 0, 255);
            }
        }
    }

    private static void MixBlock(ReadOnlySpan<byte> above, int stride, ReadOnlySpan<int> weights, Span<byte> result)
    {
        var sum0 = new Vector<int>(Half);
        Vector<int> sum1 = sum0;
        Vector<int> sum2 = sum0;
        Vector<int> sum3 = sum0;
        ref byte start = ref MemoryMarshal.GetReference(above);
        for (int i = 0; i < weights.Length; i++)
        {
            // In bounds: the caller gives weights.Length rows and a whole block in the last of them.
            Vector.Widen(
                Vector.LoadUnsafe(ref start, (nuint)(i * stride)),
                out Vector<ushort> low,
                out Vector<ushort> high
            );
            Vector.Widen(Vector.AsVectorInt16(low), out Vector<int> part0, out Vector<int> part1);
            Vector.Widen(Vector.AsVectorInt16(high), out Vector<int> part2, out Vector<int> part3);
            int weight = weights[i];
            sum0 += part0 * weight;
            sum1 += part1 * weight;
            sum2 += part2 * weight;
            sum3 += part3 * weight;
        }
        Vector<short> lower = Vector.Narrow(ToByteRange(sum0), ToByteRange(sum1));
        Vector<short> upper = Vector.Narrow(ToByteRange(sum2), ToByteRange(sum3));
        Vector.Narrow(Vector.AsVectorUInt16(lower), Vector.AsVectorUInt16(upper)).CopyTo(result);
    }

    private static Vector<int> ToByteRange(Vector<int> sum) =>
        Vector.Min(Vector.Max(sum >> ResizeKernel.PrecisionBits, Vector<int>.Zero), new Vector<int>(255));
}
