using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// Dual guidance: the UNet rows one image needs per model call and how they combine. With c, m, x̂, u as in
/// <see cref="GuidanceBranch"/>, InstructDiffusion is 0.5(m+x̂) + s_T(c−m) + s_I(c−x̂) (edit_cli.py of the authors; identity
/// at (0.5, 0.5)) and InstructPix2Pix is u + s_T(c−m) + s_I(m−u) (Brooks et al. 2023, eq. 3; identity at (1, 1)). Branches
/// with coefficient 0 are left out. The coefficients sum to 1, so guiding ε, v or x₀ is the same. Immutable.
/// </summary>
public sealed class GuidancePlan
{
    private const double Zero = 1e-12;

    private GuidancePlan(GuidanceTerm[] terms)
    {
        Terms = terms;
    }

    /// <summary>The rows in order, 1 to 3: c first, then m, then x̂ or u, as far as they are needed.</summary>
    public IReadOnlyList<GuidanceTerm> Terms { get; }

    /// <summary>UNet rows per model call, 1, 2 or 3.</summary>
    public int Rows => Terms.Count;

    /// <summary>The plan of a model family and two scales.</summary>
    /// <param name="family">The formula; a property of the model's training.</param>
    /// <param name="textScale">s_T, finite.</param>
    /// <param name="imageScale">s_I, finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">A scale is not finite, or the family is unknown.</exception>
    public static GuidancePlan Create(GuidanceFamily family, double textScale, double imageScale)
    {
        RequireFinite(nameof(textScale), textScale);
        RequireFinite(nameof(imageScale), imageScale);
        GuidanceTerm[] all = family switch
        {
            GuidanceFamily.InstructDiffusion =>
            [
                new(GuidanceBranch.Full, textScale + imageScale),
                new(GuidanceBranch.ImageOnly, 0.5 - textScale),
                new(GuidanceBranch.TextOnly, 0.5 - imageScale),
            ],
            GuidanceFamily.InstructPix2Pix =>
            [
                new(GuidanceBranch.Full, textScale),
                new(GuidanceBranch.ImageOnly, imageScale - textScale),
                new(GuidanceBranch.Unconditional, 1 - imageScale),
            ],
            _ => throw new ArgumentOutOfRangeException(nameof(family), $"family: {(int)family} is not a model family"),
        };
        return new GuidancePlan([.. all.Where(term => Math.Abs(term.Coefficient) > Zero)]);
    }

    /// <summary>The guided output: Σ coefficient·row.</summary>
    /// <param name="rows">Model outputs in the order of <see cref="Terms"/>: [Rows, 4, h, w]. Not changed.</param>
    /// <returns>[1, 4, h, w], dtype and device of <paramref name="rows"/>; owned by the caller.</returns>
    /// <exception cref="ArgumentException">Another number of rows.</exception>
    public Tensor Combine(Tensor rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.dim() != 4 || rows.shape[0] != Rows)
        {
            throw new ArgumentException(
                $"rows: expected [{Rows}, 4, h, w], got [{string.Join(", ", rows.shape)}]",
                nameof(rows)
            );
        }
        using var scope = NewDisposeScope();
        // r₀ + Σ kᵢ(rᵢ − r₀): equal as the coefficients sum to 1, and it multiplies the small differences, not the rows.
        Tensor first = rows.narrow(0, 0, 1);
        Tensor guided = first.clone();
        for (int row = 1; row < Rows; row++)
        {
            guided = guided.Plus((rows.narrow(0, row, 1) - first).Times(Terms[row].Coefficient));
        }
        return guided.MoveToOuterDisposeScope();
    }

    private static void RequireFinite(string name, double scale)
    {
        if (!double.IsFinite(scale))
        {
            throw new ArgumentOutOfRangeException(name, $"{name}: expected a finite number, got {scale}");
        }
    }
}
