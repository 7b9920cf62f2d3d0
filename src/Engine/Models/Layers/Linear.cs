using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>y = x·Wᵀ + b over the last dimension.</summary>
public sealed class Linear : nn.Module<Tensor, Tensor>, IInitializable
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight; // [out, in]

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias; // [out]

    private readonly int _inputs;

    /// <summary>An uninitialised layer of <paramref name="inputs"/> → <paramref name="outputs"/> features.</summary>
    public Linear(int inputs, int outputs, ModelPlacement placement, bool bias = true)
        : base(nameof(Linear))
    {
        ArgumentNullException.ThrowIfNull(placement);
        _inputs = inputs;
        _weight = placement.Weight(outputs, inputs);
        _bias = bias ? placement.Weight(outputs) : null;
        RegisterComponents();
    }

    /// <summary>[…, in] → […, out].</summary>
    public override Tensor forward(Tensor input) => nn.functional.linear(input, _weight, _bias);

    /// <inheritdoc/>
    public void Initialize(Generator generator)
    {
        RandomWeights.FillUniform(_weight, _inputs, generator);
        if (_bias is not null)
        {
            RandomWeights.FillUniform(_bias, _inputs, generator);
        }
    }
}
