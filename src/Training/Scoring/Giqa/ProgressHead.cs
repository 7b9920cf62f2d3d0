using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;
using Linear = InstructDiffusion.Engine.Models.Layers.Linear;

namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>From a picture's features to one or several logits: standardised, one hidden layer, ReLU.</summary>
internal sealed class ProgressHead : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "mean")]
    private readonly Parameter _mean; // [D]

    [ComponentName(Name = "deviation")]
    private readonly Parameter _deviation; // [D]

    [ComponentName(Name = "hidden")]
    private readonly Linear _hidden;

    [ComponentName(Name = "output")]
    private readonly Linear _output;

    /// <summary>A head whose weights are uninitialised.</summary>
    public ProgressHead(int features, int hidden, int outputs)
        : base(nameof(ProgressHead))
    {
        Features = features;
        _mean = new Parameter(zeros(features), requires_grad: false);
        _deviation = new Parameter(ones(features), requires_grad: false);
        _hidden = new Linear(features, hidden, ModelPlacement.Cpu);
        _output = new Linear(hidden, outputs, ModelPlacement.Cpu);
        RegisterComponents();
    }

    /// <summary>Features of a picture.</summary>
    public int Features { get; }

    /// <summary>Learns mean and deviation of the features; a feature that never changes keeps a deviation of 1.</summary>
    /// <param name="features">[N, D], N at least 2.</param>
    public void Standardise(Tensor features)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        _mean.copy_(features.mean([0]));
        Tensor deviation = features.std(0);
        Tensor isConstant = deviation.lt(ones_like(deviation).mul(tensor(1e-8f)));
        _deviation.copy_(where(isConstant, ones_like(deviation), deviation));
    }

    /// <summary>[B, D] → [B, outputs] logits.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor standard = input.sub(_mean).div(_deviation);
        return _output.call(nn.functional.relu(_hidden.call(standard))).MoveToOuterDisposeScope();
    }
}
