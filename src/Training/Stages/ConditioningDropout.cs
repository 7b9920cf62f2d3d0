using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Stages;

/// <summary>
/// Which samples train without their instruction or their picture, so that guidance has the branches it compares. One uniform
/// number a sample decides both: the instruction goes below <see cref="NullTextBelow"/>, the picture from
/// <see cref="NullImageFrom"/> to <see cref="NullImageBelow"/>.
/// </summary>
public sealed record ConditioningDropout
{
    /// <summary>InstructDiffusion: 7.5 % without instruction, another 7.5 % without picture, none without both.</summary>
    public static ConditioningDropout InstructDiffusion { get; } =
        new()
        {
            NullTextBelow = 0.075,
            NullImageFrom = 0.075,
            NullImageBelow = 0.15,
        };

    /// <summary>InstructPix2Pix: 5 % without instruction, 5 % without both, 5 % without picture (Brooks et al. 2023, §3.2.1).</summary>
    public static ConditioningDropout InstructPix2Pix { get; } =
        new()
        {
            NullTextBelow = 0.10,
            NullImageFrom = 0.05,
            NullImageBelow = 0.15,
        };

    /// <summary>Share of samples without instruction, 0…1.</summary>
    public required double NullTextBelow { get; init; }

    /// <summary>Where the samples without picture begin, 0…1.</summary>
    public required double NullImageFrom { get; init; }

    /// <summary>Where they end, at least <see cref="NullImageFrom"/>.</summary>
    public required double NullImageBelow { get; init; }

    /// <summary>The rule a model of this family is trained with.</summary>
    public static ConditioningDropout Of(GuidanceFamily family) =>
        family switch
        {
            GuidanceFamily.InstructDiffusion => InstructDiffusion,
            GuidanceFamily.InstructPix2Pix => InstructPix2Pix,
            _ => throw new ArgumentOutOfRangeException(nameof(family), family, "family: unknown"),
        };

    /// <summary>The samples that lose their instruction.</summary>
    /// <param name="random">[B] fp32, uniform in 0…1.</param>
    /// <returns>[B] bool, owned by the caller.</returns>
    public Tensor NullTextMask(Tensor random)
    {
        TensorShape.Require(random, nameof(random), TensorShape.Any);
        using Scalar below = TensorArithmetic.NumberOf(NullTextBelow);
        return random.lt(below);
    }

    /// <summary>What each sample's image latents are multiplied by: 0 where the picture is lost.</summary>
    /// <param name="random">[B] fp32, the numbers given to <see cref="NullTextMask"/>.</param>
    /// <returns>[B] fp32 of 0 and 1, owned by the caller.</returns>
    public Tensor KeepImageMask(Tensor random)
    {
        TensorShape.Require(random, nameof(random), TensorShape.Any);
        using var scope = NewDisposeScope();
        using Scalar from = TensorArithmetic.NumberOf(NullImageFrom);
        using Scalar below = TensorArithmetic.NumberOf(NullImageBelow);
        Tensor dropped = random.ge(from).logical_and(random.lt(below));
        return dropped.logical_not().to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <summary>Applies both masks to a batch.</summary>
    /// <param name="random">[B] fp32, uniform in 0…1.</param>
    /// <param name="context">[B, L, D] text states.</param>
    /// <param name="nullContext">[1, L, D] states of the empty text.</param>
    /// <param name="imageLatents">[B, C, h, w].</param>
    /// <returns>Context and image latents of the same shapes, owned by the caller.</returns>
    /// <exception cref="ArgumentException">Shapes that do not agree.</exception>
    public (Tensor Context, Tensor ImageLatents) Apply(
        Tensor random,
        Tensor context,
        Tensor nullContext,
        Tensor imageLatents
    )
    {
        TensorShape.Require(random, nameof(random), TensorShape.Any);
        long rows = random.size(0);
        TensorShape.Require(context, nameof(context), rows, TensorShape.Any, TensorShape.Any);
        TensorShape.Require(nullContext, nameof(nullContext), 1, context.size(1), context.size(2));
        TensorShape.Require(
            imageLatents,
            nameof(imageLatents),
            rows,
            TensorShape.Any,
            TensorShape.Any,
            TensorShape.Any
        );
        using var scope = NewDisposeScope();
        Tensor withoutText = NullTextMask(random).view(-1, 1, 1);
        Tensor keepImage = KeepImageMask(random).view(-1, 1, 1, 1).to(imageLatents.dtype);
        return (
            where(withoutText, nullContext, context).MoveToOuterDisposeScope(),
            imageLatents.mul(keepImage).MoveToOuterDisposeScope()
        );
    }
}
