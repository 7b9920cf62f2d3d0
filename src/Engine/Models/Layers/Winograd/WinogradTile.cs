using System.Numerics;
using System.Runtime.CompilerServices;

namespace InstructDiffusion.Engine.Models.Layers.Winograd;

/// <summary>
/// The minimal filtering algorithms F(m×m, 3×3) (Lavin and Gray 2016, section 4): m×m results of a 3×3 filter from an (m+2)×(m+2)
/// patch with (m+2)² products instead of 9m². All lanes of a <see cref="Vector{T}"/> are channels.
/// </summary>
internal static class WinogradTile
{
    /// <summary>G of F(2×2, 3×3), [4, 3]: the filter's transform is G·g·Gᵀ.</summary>
    public static double[,] FilterOfTwo { get; } =
        new double[,]
        {
            { 1, 0, 0 },
            { 0.5, 0.5, 0.5 },
            { 0.5, -0.5, 0.5 },
            { 0, 0, 1 },
        };

    /// <summary>G of F(4×4, 3×3), [6, 3].</summary>
    public static double[,] FilterOfFour { get; } =
        new double[,]
        {
            { 1 / 4.0, 0, 0 },
            { -1 / 6.0, -1 / 6.0, -1 / 6.0 },
            { -1 / 6.0, 1 / 6.0, -1 / 6.0 },
            { 1 / 24.0, 1 / 12.0, 1 / 6.0 },
            { 1 / 24.0, -1 / 12.0, 1 / 6.0 },
            { 0, 0, 1 },
        };

    /// <summary>Bᵀ·x of F(2, 3): four values of a row or column, a stride apart, replaced by their transform.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ForwardOfTwo(Span<Vector<float>> x, int at, int stride)
    {
        Vector<float> x0 = x[at];
        Vector<float> x1 = x[at + stride];
        Vector<float> x2 = x[at + 2 * stride];
        Vector<float> x3 = x[at + 3 * stride];
        x[at] = x0 - x2;
        x[at + stride] = x1 + x2;
        x[at + 2 * stride] = x2 - x1;
        x[at + 3 * stride] = x1 - x3;
    }

    /// <summary>Aᵀ·x of F(2, 3): four values become two, at the first two places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BackwardOfTwo(Span<Vector<float>> x, int at, int stride)
    {
        Vector<float> x1 = x[at + stride];
        Vector<float> x2 = x[at + 2 * stride];
        x[at] += x1 + x2;
        x[at + stride] = x1 - x2 - x[at + 3 * stride];
    }

    /// <summary>Bᵀ·x of F(4, 3): six values, a stride apart, replaced by their transform.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ForwardOfFour(Span<Vector<float>> x, int at, int stride)
    {
        var four = new Vector<float>(4);
        var two = new Vector<float>(2);
        Vector<float> x0 = x[at];
        Vector<float> x1 = x[at + stride];
        Vector<float> x2 = x[at + 2 * stride];
        Vector<float> x3 = x[at + 3 * stride];
        Vector<float> x4 = x[at + 4 * stride];
        Vector<float> x5 = x[at + 5 * stride];
        Vector<float> even = x4 - four * x2;
        Vector<float> odd = x3 - four * x1;
        Vector<float> difference = x4 - x2;
        Vector<float> slope = two * (x3 - x1);
        x[at] = four * (x0 - x2) + difference;
        x[at + stride] = even + odd;
        x[at + 2 * stride] = even - odd;
        x[at + 3 * stride] = difference + slope;
        x[at + 4 * stride] = difference - slope;
        x[at + 5 * stride] = four * (x1 - x3) + x5 - x3;
    }

    /// <summary>Aᵀ·x of F(4, 3): six values become four, at the first four places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BackwardOfFour(Span<Vector<float>> x, int at, int stride)
    {
        var two = new Vector<float>(2);
        var four = new Vector<float>(4);
        var eight = new Vector<float>(8);
        Vector<float> x1 = x[at + stride];
        Vector<float> x2 = x[at + 2 * stride];
        Vector<float> x3 = x[at + 3 * stride];
        Vector<float> x4 = x[at + 4 * stride];
        Vector<float> inner = x1 + x2;
        Vector<float> innerOdd = x1 - x2;
        Vector<float> outer = x3 + x4;
        Vector<float> outerOdd = x3 - x4;
        x[at] += inner + outer;
        x[at + stride] = innerOdd + two * outerOdd;
        x[at + 2 * stride] = inner + four * outer;
        x[at + 3 * stride] = innerOdd + eight * outerOdd + x[at + 5 * stride];
    }
}
