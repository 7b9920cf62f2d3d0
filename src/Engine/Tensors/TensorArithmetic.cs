using System.Diagnostics.CodeAnalysis;
using TorchSharp;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tensors;

/// <summary>
/// Arithmetic of tensors and numbers that holds on to its numbers. TorchSharp's own operators hand libtorch the address of a
/// number that nothing refers to any more: when the collector runs during the call, its finalizer frees the number that is
/// being read, and the result is an error or, worse, another number's (docs/adr/0012). Here each number lives until the call
/// is over. eng/BannedSymbols.Scalars.txt bans the short forms.
/// </summary>
[SuppressMessage("ApiDesign", "RS0030", Justification = "This is where the banned conversions are made safe.")]
public static class TensorArithmetic
{
    private static readonly Scalar One = 1;

    /// <summary>A number for libtorch; keep it in a <c>using</c> around the call that takes it.</summary>
    public static Scalar NumberOf(double value) => value;

    /// <summary>A whole number for libtorch; keep it in a <c>using</c> around the call that takes it.</summary>
    public static Scalar NumberOf(long value) => value;

    /// <summary>x + y, broadcast; owned by the caller, as every result here.</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => Checked(x).add(y, One);

    /// <summary>x + a.</summary>
    public static Tensor Plus(this Tensor x, double a)
    {
        using Scalar number = a;
        return Checked(x).add(number, One);
    }

    /// <summary>a·x.</summary>
    public static Tensor Times(this Tensor x, double a)
    {
        using Scalar number = a;
        return Checked(x).mul(number);
    }

    /// <summary>x / a.</summary>
    public static Tensor Over(this Tensor x, double a)
    {
        using Scalar number = a;
        return Checked(x).div(number);
    }

    /// <summary>x², element by element.</summary>
    public static Tensor Squared(this Tensor x) => Checked(x).mul(x);

    /// <summary>x within [<paramref name="least"/>, <paramref name="most"/>].</summary>
    public static Tensor Within(this Tensor x, double least, double most)
    {
        using Scalar lower = least;
        using Scalar upper = most;
        return Checked(x).clamp(lower, upper);
    }

    /// <summary>x becomes x + y; no gradient may be wanted of it.</summary>
    /// <returns><paramref name="x"/> itself.</returns>
    public static Tensor PlusInPlace(this Tensor x, Tensor y) => Checked(x).add_(y, One);

    /// <summary>x becomes a·x; no gradient may be wanted of it.</summary>
    /// <returns><paramref name="x"/> itself.</returns>
    public static Tensor TimesInPlace(this Tensor x, double a)
    {
        using Scalar number = a;
        return Checked(x).mul_(number);
    }

    /// <summary>Every element becomes <paramref name="a"/>.</summary>
    /// <returns><paramref name="x"/> itself.</returns>
    public static Tensor FillInPlace(this Tensor x, double a)
    {
        using Scalar number = a;
        return Checked(x).fill_(number);
    }

    /// <summary>0, 1, … <paramref name="count"/> − 1.</summary>
    /// <returns>[count], owned by the caller.</returns>
    public static Tensor CountingUp(long count, ScalarType dtype, Device device)
    {
        using Scalar start = 0L;
        using Scalar stop = count;
        using Scalar step = 1L;
        return arange(start, stop, step, dtype, device);
    }

    private static Tensor Checked(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return x;
    }
}
