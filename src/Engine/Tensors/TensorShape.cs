using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tensors;

/// <summary>Checks shapes at public entry points, so that a mistake is named where it was made.</summary>
public static class TensorShape
{
    /// <summary>Stands for a side of any length.</summary>
    public const long Any = -1;

    /// <summary>Throws unless <paramref name="tensor"/> has these sides.</summary>
    /// <param name="tensor">The tensor; null is refused too.</param>
    /// <param name="name">What the caller calls it.</param>
    /// <param name="expected">Its sides in order, <see cref="Any"/> for those of any length.</param>
    /// <exception cref="ArgumentException">Names the tensor, the expected and the actual shape.</exception>
    public static void Require(Tensor tensor, string name, params ReadOnlySpan<long> expected)
    {
        ArgumentNullException.ThrowIfNull(tensor, name);
        long[] actual = tensor.shape;
        bool fits = actual.Length == expected.Length;
        for (int i = 0; fits && i < actual.Length; i++)
        {
            fits = expected[i] == Any || expected[i] == actual[i];
        }
        if (!fits)
        {
            string wanted = string.Join(", ", expected.ToArray().Select(side => side == Any ? "*" : side.ToString()));
            throw new ArgumentException($"expected [{wanted}], got [{string.Join(", ", actual)}]", name);
        }
    }
}
