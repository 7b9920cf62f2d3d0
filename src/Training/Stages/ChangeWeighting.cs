using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Stages;

/// <summary>
/// Weights of places in the loss of an edit that make what changes count more than what is kept. Most of a picture is kept, so
/// that a small model's gradient is mostly about copying; here a place that changes counts up to 1 + λ times as much. Each
/// sample's weights have a mean of 1: restorations, which change everywhere, are weighted evenly. An addition of ours, off unless
/// a recipe asks for it.
/// </summary>
public static class ChangeWeighting
{
    // Mean squared difference of latents of unit variance at which a place counts as half changed: well above the rounding of
    // cached latents, well below the difference of two objects (about 1).
    private const double HalfChanged = 0.1;

    /// <summary>The weights of a batch.</summary>
    /// <param name="target">[B, C, h, w] latents of the answer, scaled to unit variance.</param>
    /// <param name="source">[B, C, h, w] latents of the source, scaled alike.</param>
    /// <param name="lambda">λ, at least 0.</param>
    /// <returns>[B, 1, h, w], owned by the caller.</returns>
    public static Tensor Of(Tensor target, Tensor source, double lambda)
    {
        ArgumentNullException.ThrowIfNull(target);
        TensorShape.Require(source, nameof(source), target.shape);
        ArgumentOutOfRangeException.ThrowIfNegative(lambda);
        using var scope = NewDisposeScope();
        Tensor difference = target.sub(source).Squared().mean([1], keepdim: true); // [B, 1, h, w]
        Tensor weights = difference.div(difference.Plus(HalfChanged)).Times(lambda).Plus(1);
        return weights.div(weights.mean([2, 3], keepdim: true)).MoveToOuterDisposeScope();
    }
}
