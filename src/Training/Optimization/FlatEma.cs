using static TorchSharp.torch;

namespace InstructDiffusion.Training.Optimization;

/// <summary>
/// A slow copy of a model's trained parameters, which samples better than the model itself (ldm/modules/ema.py, LitEma). Early on
/// the copy follows faster: the decay grows with the updates made.
/// </summary>
public sealed class FlatEma : IDisposable
{
    /// <summary>Starts at the present weights.</summary>
    /// <param name="values">[N] fp32 of <see cref="FlatParameters"/>, copied.</param>
    /// <param name="decay">What the decay grows to, 0…1; the paper has 0.9999 and 0.99.</param>
    /// <exception cref="ArgumentOutOfRangeException">The decay is out of range.</exception>
    public FlatEma(Tensor values, double decay)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (!(decay is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(decay), $"decay: expected 0…1, got {decay}");
        }
        Decay = decay;
        using var scope = NewDisposeScope();
        Values = values.detach().to(ScalarType.Float32, copy: true).DetachFromDisposeScope();
    }

    /// <summary>What the decay grows to.</summary>
    public double Decay { get; }

    /// <summary>Updates made so far, n.</summary>
    public long Updates { get; private set; }

    /// <summary>The share of the old copy that the last update kept: min(decay, (1 + n) / (10 + n)).</summary>
    public double EffectiveDecay => Math.Min(Decay, (1.0 + Updates) / (10.0 + Updates));

    /// <summary>[N] fp32, the averaged weights; <see cref="FlatLayout.CopyTo"/> puts them into modules. Owned by this object.</summary>
    public Tensor Values { get; }

    /// <summary>Moves the copy towards the weights; call once after each step of the optimizer.</summary>
    /// <param name="values">[N] fp32, the weights after the step.</param>
    public void Update(Tensor values)
    {
        ArgumentNullException.ThrowIfNull(values);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Updates++;
        Values.lerp_(values, tensor((float)(1 - EffectiveDecay), device: Values.device));
    }

    /// <summary>Goes on where a checkpoint stopped.</summary>
    /// <param name="updates">Updates made before, at least 0.</param>
    /// <param name="values">[N] as <see cref="Values"/>, copied.</param>
    /// <exception cref="ArgumentException">A negative count, or a tensor of another shape; nothing is changed.</exception>
    public void Restore(long updates, Tensor values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(updates);
        ArgumentNullException.ThrowIfNull(values);
        if (!values.shape.SequenceEqual(Values.shape))
        {
            throw new ArgumentException(
                $"values: expected [{Values.shape[0]}], got [{string.Join(", ", values.shape)}]",
                nameof(values)
            );
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Updates = updates;
        Values.copy_(values);
    }

    /// <summary>Releases the copy.</summary>
    public void Dispose() => Values.Dispose();
}
