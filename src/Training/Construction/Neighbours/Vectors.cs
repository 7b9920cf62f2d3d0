using System.Numerics;
using System.Runtime.InteropServices;

namespace InstructDiffusion.Training.Construction.Neighbours;

/// <summary>Arithmetic of vectors.</summary>
internal static class Vectors
{
    /// <summary>The vector at length 1; a zero one stays.</summary>
    public static float[] Normalize(float[] vector)
    {
        double length = Math.Sqrt(vector.Sum(value => (double)value * value));
        return length > 0 ? [.. vector.Select(value => (float)(value / length))] : vector;
    }

    /// <summary>The product: of vectors of length 1, their cosine.</summary>
    public static float Dot(ReadOnlySpan<float> one, ReadOnlySpan<float> two)
    {
        ReadOnlySpan<Vector<float>> ones = MemoryMarshal.Cast<float, Vector<float>>(one);
        ReadOnlySpan<Vector<float>> twos = MemoryMarshal.Cast<float, Vector<float>>(two);
        Vector<float> sums = Vector<float>.Zero;
        for (int i = 0; i < ones.Length; i++)
        {
            sums += ones[i] * twos[i];
        }
        float sum = Vector.Sum(sums);
        for (int i = ones.Length * Vector<float>.Count; i < one.Length; i++)
        {
            sum += one[i] * two[i];
        }
        return sum;
    }
}
