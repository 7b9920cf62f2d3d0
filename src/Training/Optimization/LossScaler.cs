using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Optimization;

/// <summary>
/// Multiplies the loss so that small gradients do not vanish in fp16, and finds the factor by itself: halved when a gradient
/// overflows, whose step is skipped, and doubled after a while without (Micikevicius et al. 2018, §3.2). Other precisions need
/// none: their factor is always 1.
/// </summary>
public sealed class LossScaler
{
    /// <summary>The first factor for fp16, as the authors' runs have it.</summary>
    public const double InitialScale = 8192;

    /// <summary>Steps without overflow after which the factor is doubled, as the authors' runs have it.</summary>
    public const int Window = 128;

    private const double Factor = 2;
    private const double MinScale = 1;

    private readonly bool _dynamic;

    /// <summary>A scaler for a model that computes in this precision.</summary>
    public LossScaler(ScalarType precision)
    {
        _dynamic = precision == ScalarType.Float16;
        Scale = _dynamic ? InitialScale : 1;
    }

    /// <summary>What the loss is multiplied by now.</summary>
    public double Scale { get; private set; }

    /// <summary>Steps without overflow since the factor last changed.</summary>
    public long FiniteSteps { get; private set; }

    /// <summary>Whether an overflow may be the factor's fault; if not, the loss or the weights are broken.</summary>
    public bool CanLower => Scale > MinScale;

    /// <summary>The loss to run the backward pass from.</summary>
    /// <param name="loss">Any shape, fp32.</param>
    /// <returns>Differentiable, owned by the caller.</returns>
    public Tensor ScaleLoss(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return loss.Times(Scale);
    }

    /// <summary>Divides the gradients of a scaled loss by the factor, in place.</summary>
    /// <param name="gradients">[N] fp32, summed over replicas and micro-batches.</param>
    public void Unscale(Tensor gradients)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        if (Scale != 1)
        {
            using var scope = NewDisposeScope();
            gradients.TimesInPlace(1 / Scale); // a power of 2: exact
        }
    }

    /// <summary>Adapts the factor after a step.</summary>
    /// <param name="finite">Whether the norm of its gradients was finite; if not, the step was skipped.</param>
    public void Update(bool finite)
    {
        if (!_dynamic)
        {
            return;
        }
        FiniteSteps = finite ? FiniteSteps + 1 : 0;
        if (!finite)
        {
            Scale = Math.Max(MinScale, Scale / Factor);
        }
        else if (FiniteSteps == Window)
        {
            Scale *= Factor;
            FiniteSteps = 0;
        }
    }

    /// <summary>Goes on where a checkpoint stopped.</summary>
    /// <param name="scale">As <see cref="Scale"/>.</param>
    /// <param name="finiteSteps">As <see cref="FiniteSteps"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A scale that is not a power of 2 from 1, or not 1 where there is none; a count out of range.</exception>
    public void Restore(double scale, long finiteSteps)
    {
        if (!(scale >= MinScale && double.IsPow2(scale)) || (!_dynamic && scale != 1))
        {
            throw new ArgumentOutOfRangeException(nameof(scale), $"scale: expected a power of 2 from 1, got {scale}");
        }
        ArgumentOutOfRangeException.ThrowIfNegative(finiteSteps);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(finiteSteps, Window);
        Scale = scale;
        FiniteSteps = finiteSteps;
    }
}
