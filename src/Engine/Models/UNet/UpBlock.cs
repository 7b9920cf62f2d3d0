using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.UNet;

/// <summary>One level on the way up: ResBlocks over [hidden, skip], each with a transformer where the level attends, then a doubling.</summary>
internal sealed class UpBlock : nn.Module<Tensor, Tensor, Tensor, Stack<Tensor>, Tensor>
{
    [ComponentName(Name = "attentions")]
    private readonly ModuleList<SpatialTransformer>? _attentions;

    [ComponentName(Name = "resnets")]
    private readonly ModuleList<ResBlock> _resnets = [];

    [ComponentName(Name = "upsamplers")]
    private readonly ModuleList<UpsampleBlock>? _upsamplers;

    /// <param name="config">Shape of the UNet.</param>
    /// <param name="level">Level of <see cref="UNetConfig.BlockOutChannels"/>; the deepest comes first on the way up.</param>
    /// <param name="timeFeatures">Features of the time embedding.</param>
    /// <param name="placement">Device and precision.</param>
    public UpBlock(UNetConfig config, int level, int timeFeatures, ModelPlacement placement)
        : base(nameof(UpBlock))
    {
        IReadOnlyList<int> channels = config.BlockOutChannels;
        int outputs = channels[level];
        int fromBelow = channels[Math.Min(level + 1, channels.Count - 1)];
        int levelAbove = channels[Math.Max(level - 1, 0)];
        _attentions = config.LevelHasAttention[level] ? [] : null;
        for (int layer = 0; layer <= config.LayersPerBlock; layer++)
        {
            int hidden = layer == 0 ? fromBelow : outputs;
            int skip = layer == config.LayersPerBlock ? levelAbove : outputs; // the last skip is the level's input
            _resnets.Add(
                new ResBlock(hidden + skip, outputs, config.NormGroups, config.NormEpsilon, timeFeatures, placement)
            );
            _attentions?.Add(new SpatialTransformer(config, level, placement));
        }
        _upsamplers = level == 0 ? null : [new UpsampleBlock(outputs, placement)];
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] → [B, C', 2H, 2W]; pops and frees this level's skips.</summary>
    public override Tensor forward(Tensor input, Tensor activatedTime, Tensor context, Stack<Tensor> skips)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = input;
        for (int layer = 0; layer < _resnets.Count; layer++)
        {
            using var layerScope = NewDisposeScope();
            using Tensor skip = skips.Pop();
            Tensor map = _resnets[layer].call(cat([hidden, skip], 1), activatedTime);
            map = _attentions is null ? map : _attentions[layer].call(map, context);
            Tensor previous = hidden;
            hidden = map.MoveToOuterDisposeScope();
            if (layer > 0)
            {
                previous.Dispose(); // the maps of large pictures are what fills memory
            }
        }
        if (_upsamplers is not null)
        {
            Tensor next = skips.Peek(); // odd sizes: the map above is one smaller than double
            hidden = _upsamplers[0].call(hidden, [next.size(2), next.size(3)]);
        }
        return hidden.MoveToOuterDisposeScope();
    }
}
