using static TorchSharp.torch;

namespace InstructDiffusion.Training.Optimization;

/// <summary>
/// A slow copy of a model's trained parameters, which samples better than the model itself (ldm/modules/ema.py, LitEma). Early on
/// the copy follows faster: the decay grows with the updates made.
/// </summary>
/// <remarks>Shadows are fp32 whatever the model's precision, on the parameters' device, owned by this object.</remarks>
public sealed class ExponentialMovingAverage : IDisposable
{
    private readonly List<(Tensor Parameter, Tensor Shadow)> _pairs = [];
    private readonly Dictionary<string, Tensor> _shadows = new(StringComparer.Ordinal);

    /// <summary>Starts at the present values of the parameters that require a gradient.</summary>
    /// <param name="model">The model that is trained; its parameters are read at every update.</param>
    /// <param name="decay">What the decay grows to, 0…1; the paper has 0.9999 and 0.99.</param>
    /// <param name="updates">Updates already made, when training goes on from a checkpoint.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value out of range.</exception>
    public ExponentialMovingAverage(nn.Module model, double decay, long updates = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!(decay is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(decay), $"decay: expected 0…1, got {decay}");
        }
        ArgumentOutOfRangeException.ThrowIfNegative(updates);
        Decay = decay;
        Updates = updates;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach ((string name, Tensor parameter) in model.named_parameters().Where(p => p.parameter.requires_grad))
        {
            Tensor shadow = parameter.detach().to(ScalarType.Float32, copy: true).DetachFromDisposeScope();
            _pairs.Add((parameter, shadow));
            _shadows.Add(name, shadow);
        }
    }

    /// <summary>What the decay grows to.</summary>
    public double Decay { get; }

    /// <summary>Updates made so far, n.</summary>
    public long Updates { get; private set; }

    /// <summary>The share of the old copy that the last update kept: min(decay, (1 + n) / (10 + n)).</summary>
    public double EffectiveDecay => Math.Min(Decay, (1.0 + Updates) / (10.0 + Updates));

    /// <summary>The copies by parameter name, fp32. Not the caller's to dispose.</summary>
    public IReadOnlyDictionary<string, Tensor> Shadows => _shadows;

    /// <summary>Moves every copy towards its parameter; call once after each step of the optimizer.</summary>
    public void Update()
    {
        Updates++;
        double move = 1 - EffectiveDecay;
        using var noGradient = no_grad();
        foreach ((Tensor parameter, Tensor shadow) in _pairs)
        {
            using var scope = NewDisposeScope();
            shadow.sub_(shadow.sub(parameter.to(ScalarType.Float32)).mul_(move));
        }
    }

    /// <summary>Overwrites the parameters of a model with the copies, e.g. to sample from it or to save it.</summary>
    /// <param name="model">Has a parameter of the same shape for every copy; others stay as they are.</param>
    /// <exception cref="ArgumentException">A parameter is missing or has another shape; nothing is changed.</exception>
    public void CopyTo(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        Dictionary<string, TorchSharp.Modules.Parameter> targets = model
            .named_parameters()
            .ToDictionary(p => p.name, p => p.parameter, StringComparer.Ordinal);
        foreach ((string name, Tensor shadow) in _shadows)
        {
            if (!targets.TryGetValue(name, out var target) || !target.shape.SequenceEqual(shadow.shape))
            {
                throw new ArgumentException(
                    $"model: has no parameter {name} of shape [{string.Join(", ", shadow.shape)}]",
                    nameof(model)
                );
            }
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach ((string name, Tensor shadow) in _shadows)
        {
            targets[name].copy_(shadow);
        }
    }

    /// <summary>Releases the copies.</summary>
    public void Dispose()
    {
        foreach ((_, Tensor shadow) in _pairs)
        {
            shadow.Dispose();
        }
    }
}
