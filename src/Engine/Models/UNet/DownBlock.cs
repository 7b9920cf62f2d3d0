using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.UNet;

/// <summary>One level on the way down: ResBlocks, each followed by a transformer where the level attends, then a halving.</summary>
internal sealed class DownBlock : nn.Module<Tensor, Tensor, Tensor, Stack<Tensor>, Tensor>
{
    [ComponentName(Name = "attentions")]
    private readonly ModuleList<SpatialTransformer>? _attentions;

    [ComponentName(Name = "resnets")]
    private readonly ModuleList<ResBlock> _resnets = [];

    [ComponentName(Name = "downsamplers")]
    private readonly ModuleList<DownsampleBlock>? _downsamplers;

    public DownBlock(UNetConfig config, int level, int timeFeatures, ModelPlacement placement)
        : base(nameof(DownBlock))
    {
        int outputs = config.BlockOutChannels[level];
        int inputs = config.BlockOutChannels[Math.Max(level - 1, 0)];
        _attentions = config.LevelHasAttention[level] ? [] : null;
        for (int layer = 0; layer < config.LayersPerBlock; layer++)
        {
            int from = layer == 0 ? inputs : outputs;
            _resnets.Add(new ResBlock(from, outputs, config.NormGroups, config.NormEpsilon, timeFeatures, placement));
            _attentions?.Add(new SpatialTransformer(config, level, placement));
        }
        bool last = level == config.BlockOutChannels.Count - 1;
        _downsamplers = last ? null : [new DownsampleBlock(outputs, asymmetricPadding: false, placement)];
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] → [B, C', H/2, W/2]; pushes every intermediate onto <paramref name="skips"/>, which then owns it.</summary>
    public override Tensor forward(Tensor input, Tensor activatedTime, Tensor context, Stack<Tensor> skips)
    {
        Tensor hidden = input;
        for (int layer = 0; layer < _resnets.Count; layer++)
        {
            Tensor map = _resnets[layer].call(hidden, activatedTime);
            if (_attentions is not null)
            {
                using Tensor before = map;
                map = _attentions[layer].call(before, context);
            }
            skips.Push(hidden = map);
        }
        if (_downsamplers is not null)
        {
            skips.Push(hidden = _downsamplers[0].call(hidden));
        }
        return hidden;
    }
}
