using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// The sampling of one image from noise to latents. Per call: the model sees latents × <see cref="InputScale"/> at
/// <see cref="Timesteps"/>[call], and <see cref="Step"/> turns its guided output into the next latents. One instance is one
/// image's run (multistep samplers keep a history); not thread-safe. Coefficients are float64, tensors fp32 on any device.
/// Noise is drawn only where it is added: a step whose noise has coefficient 0 draws none.
/// </summary>
public abstract class Sampler : IDisposable
{
    private int _nextCall;

    /// <summary>The timestep of each model call, falling, possibly fractional; Count = model calls of the run.</summary>
    public abstract IReadOnlyList<double> Timesteps { get; }

    /// <summary>The run starts from N(0, 1) noise times this.</summary>
    public virtual double InitialNoiseScale => 1;

    /// <summary>Whether calls build on each other and so must come in order from 0.</summary>
    private protected virtual bool IsMultistep => false;

    /// <summary>The model's latent input at a call is latents times this; the condition latents are never scaled.</summary>
    /// <param name="call">0…Timesteps.Count−1.</param>
    public virtual double InputScale(int call)
    {
        RequireCall(call);
        return 1;
    }

    /// <summary>One update of the latents.</summary>
    /// <param name="call">0…Timesteps.Count−1; multistep samplers want them in order, each once.</param>
    /// <param name="latents">Latents before the call, not scaled: [1, 4, h, w] fp32. Not changed, not kept.</param>
    /// <param name="modelOutput">Guided ε or v of this call, shape and device of <paramref name="latents"/>, fp32. Not changed.</param>
    /// <param name="noise">The image's noise stream; drawn from only by stochastic steps.</param>
    /// <returns>The next latents, a new tensor owned by the caller; after the last call the result.</returns>
    /// <exception cref="ArgumentException">Wrong call, shape, dtype or device; says which.</exception>
    public Tensor Step(int call, Tensor latents, Tensor modelOutput, INoiseSource noise)
    {
        ArgumentNullException.ThrowIfNull(latents);
        ArgumentNullException.ThrowIfNull(modelOutput);
        ArgumentNullException.ThrowIfNull(noise);
        RequireCall(call);
        RequireTensors(latents, modelOutput);
        if (IsMultistep && call != _nextCall)
        {
            throw new ArgumentException(
                $"call: {GetType().Name} expects call {_nextCall} next, got {call}",
                nameof(call)
            );
        }
        _nextCall = call + 1;
        using var scope = NewDisposeScope();
        using var withoutGradient = no_grad();
        return Advance(call, latents, modelOutput, noise).MoveToOuterDisposeScope();
    }

    /// <summary>What the finished latents would be if this call's output were exact: the estimate of x₀, for previews.</summary>
    /// <param name="call">The call that <paramref name="modelOutput"/> comes from.</param>
    /// <param name="latents">Latents before that call, as in <see cref="Step"/>.</param>
    /// <param name="modelOutput">Guided ε or v of that call.</param>
    /// <returns>[1, 4, h, w] fp32, owned by the caller.</returns>
    /// <exception cref="ArgumentException">Wrong call, shape, dtype or device; says which.</exception>
    public Tensor PredictOriginal(int call, Tensor latents, Tensor modelOutput)
    {
        ArgumentNullException.ThrowIfNull(latents);
        ArgumentNullException.ThrowIfNull(modelOutput);
        RequireCall(call);
        RequireTensors(latents, modelOutput);
        using var scope = NewDisposeScope();
        using var withoutGradient = no_grad();
        return Predict(call, latents, modelOutput).Original.MoveToOuterDisposeScope();
    }

    /// <summary>Frees the history; safe to call twice.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>The update itself, inside a dispose scope and without gradient; arguments are checked.</summary>
    private protected abstract Tensor Advance(int call, Tensor latents, Tensor modelOutput, INoiseSource noise);

    /// <summary>What a call's output says at that call's noise level; scope and arguments as in <see cref="Advance"/>.</summary>
    private protected abstract Prediction Predict(int call, Tensor latents, Tensor modelOutput);

    /// <summary>Frees what the subclass owns.</summary>
    protected virtual void Dispose(bool disposing) { }

    /// <summary>The next draw in the shape and on the device of <paramref name="latents"/>.</summary>
    private protected static Tensor Draw(INoiseSource noise, Tensor latents) =>
        noise.Next(latents.shape).to(latents.device);

    private protected void RequireCall(int call)
    {
        if (call < 0 || call >= Timesteps.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(call), $"call: expected 0…{Timesteps.Count - 1}, got {call}");
        }
    }

    private static void RequireTensors(Tensor latents, Tensor modelOutput)
    {
        if (latents.dtype != ScalarType.Float32 || modelOutput.dtype != ScalarType.Float32)
        {
            throw new ArgumentException(
                $"latents, modelOutput: expected Float32, got {latents.dtype} and {modelOutput.dtype}",
                nameof(latents)
            );
        }
        if (latents.dim() != 4 || !latents.shape.SequenceEqual(modelOutput.shape))
        {
            throw new ArgumentException(
                "latents, modelOutput: expected two equal shapes [1, 4, h, w], got "
                    + $"[{string.Join(", ", latents.shape)}] and [{string.Join(", ", modelOutput.shape)}]",
                nameof(latents)
            );
        }
        if (latents.device_type != modelOutput.device_type || latents.device_index != modelOutput.device_index)
        {
            throw new ArgumentException(
                $"modelOutput: expected on {latents.device} as the latents, got {modelOutput.device}",
                nameof(modelOutput)
            );
        }
    }
}
