using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>The two linear layers of one CLIP layer with an activation between them.</summary>
internal sealed class ClipFeedForward : nn.Module<Tensor, Tensor>
{
    private const double QuickGeluSlope = 1.702;

    [ComponentName(Name = "fc1")]
    private readonly Linear _expand;

    [ComponentName(Name = "fc2")]
    private readonly Linear _contract;

    private readonly ClipActivation _activation;

    public ClipFeedForward(ClipEncoderConfig config, ModelPlacement placement)
        : base(nameof(ClipFeedForward))
    {
        _activation = config.Activation;
        _expand = new Linear(config.HiddenSize, config.IntermediateSize, placement);
        _contract = new Linear(config.IntermediateSize, config.HiddenSize, placement);
        RegisterComponents();
    }

    /// <summary>[…, D] → […, D].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _expand.call(input);
        hidden = _activation switch
        {
            ClipActivation.QuickGelu => hidden.mul(hidden.Times(QuickGeluSlope).sigmoid()),
            ClipActivation.Gelu => nn.functional.gelu(hidden),
            _ => nn.functional.relu(hidden),
        };
        return _contract.call(hidden).MoveToOuterDisposeScope();
    }
}
