using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.UNet;

/// <summary>The deepest level: ResBlock, transformer, ResBlock.</summary>
internal sealed class MidBlock : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "attentions")]
    private readonly ModuleList<SpatialTransformer> _attentions;

    [ComponentName(Name = "resnets")]
    private readonly ModuleList<ResBlock> _resnets;

    public MidBlock(UNetConfig config, int timeFeatures, ModelPlacement placement)
        : base(nameof(MidBlock))
    {
        int channels = config.BlockOutChannels[^1];
        ResBlock Block() => new(channels, channels, config.NormGroups, config.NormEpsilon, timeFeatures, placement);
        _attentions = [new SpatialTransformer(config, config.BlockOutChannels.Count - 1, placement)];
        _resnets = [Block(), Block()];
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] → [B, C, H, W].</summary>
    public override Tensor forward(Tensor input, Tensor activatedTime, Tensor context)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _attentions[0].call(_resnets[0].call(input, activatedTime), context);
        return _resnets[1].call(hidden, activatedTime).MoveToOuterDisposeScope();
    }
}
