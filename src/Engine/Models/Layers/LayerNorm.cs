using InstructDiffusion.Engine.Tensors;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>Layer normalisation over the last dimension, always in fp32.</summary>
public sealed class LayerNorm : nn.Module<Tensor, Tensor>, IInitializable
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight; // [C]

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias; // [C]

    private readonly long[] _shape;
    private readonly double _epsilon;

    /// <summary>An uninitialised layer.</summary>
    public LayerNorm(int features, ModelPlacement placement, double epsilon = 1e-5)
        : base(nameof(LayerNorm))
    {
        ArgumentNullException.ThrowIfNull(placement);
        _shape = [features];
        _epsilon = epsilon;
        _weight = placement.Float32Weight(features);
        _bias = placement.Float32Weight(features);
        RegisterComponents();
    }

    /// <summary>[…, C] → the same shape and precision.</summary>
    public override Tensor forward(Tensor input)
    {
        if (input.dtype == ScalarType.Float32)
        {
            return nn.functional.layer_norm(input, _shape, _weight, _bias, _epsilon);
        }
        using var single = input.to(ScalarType.Float32);
        using var normalized = nn.functional.layer_norm(single, _shape, _weight, _bias, _epsilon);
        return normalized.to(input.dtype);
    }

    /// <inheritdoc/>
    public void Initialize(Generator generator)
    {
        _weight.FillInPlace(1);
        _bias.FillInPlace(0);
    }
}
