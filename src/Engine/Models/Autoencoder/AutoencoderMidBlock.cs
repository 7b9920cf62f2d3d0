using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Autoencoder;

/// <summary>The bottleneck of encoder and decoder: ResBlock, attention, ResBlock.</summary>
internal sealed class AutoencoderMidBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "attentions")]
    private readonly ModuleList<AutoencoderAttention> _attentions;

    [ComponentName(Name = "resnets")]
    private readonly ModuleList<ResBlock> _resnets;

    public AutoencoderMidBlock(int channels, int groups, ModelPlacement placement)
        : base(nameof(AutoencoderMidBlock))
    {
        ResBlock Block() => new(channels, channels, groups, Encoder.NormEpsilon, null, placement);
        _attentions = [new AutoencoderAttention(channels, groups, placement)];
        _resnets = [Block(), Block()];
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] → [B, C, H, W].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _attentions[0].call(_resnets[0].call(input, null));
        return _resnets[1].call(hidden, null).MoveToOuterDisposeScope();
    }
}
