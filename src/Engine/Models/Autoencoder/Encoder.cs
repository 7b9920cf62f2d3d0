using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Autoencoder;

/// <summary>Picture → moments of the posterior.</summary>
internal sealed class Encoder : nn.Module<Tensor, Tensor>
{
    /// <summary>Epsilon of every norm in the autoencoder.</summary>
    public const double NormEpsilon = 1e-6;

    [ComponentName(Name = "conv_in")]
    private readonly Conv2d _convIn;

    [ComponentName(Name = "down_blocks")]
    private readonly ModuleList<AutoencoderLevel> _levels = [];

    [ComponentName(Name = "mid_block")]
    private readonly AutoencoderMidBlock _mid;

    [ComponentName(Name = "conv_norm_out")]
    private readonly GroupNorm _normOut;

    [ComponentName(Name = "conv_out")]
    private readonly Conv2d _convOut;

    public Encoder(AutoencoderConfig config, ModelPlacement placement)
        : base(nameof(Encoder))
    {
        IReadOnlyList<int> channels = config.BlockOutChannels;
        _convIn = new Conv2d(config.ImageChannels, channels[0], 3, placement, padding: 1);
        for (int level = 0; level < channels.Count; level++)
        {
            bool last = level == channels.Count - 1;
            _levels.Add(
                new AutoencoderLevel(
                    channels[Math.Max(level - 1, 0)],
                    channels[level],
                    config.LayersPerBlock,
                    config.NormGroups,
                    last ? AutoencoderLevel.Resampling.None : AutoencoderLevel.Resampling.Halve,
                    placement
                )
            );
        }
        _mid = new AutoencoderMidBlock(channels[^1], config.NormGroups, placement);
        _normOut = new GroupNorm(config.NormGroups, channels[^1], NormEpsilon, placement);
        _convOut = new Conv2d(channels[^1], 2 * config.LatentChannels, 3, placement, padding: 1);
        RegisterComponents();
    }

    /// <summary>[B, 3, H, W] → [B, 2·latent channels, H/8, W/8].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _convIn.call(input);
        foreach (AutoencoderLevel level in _levels)
        {
            using Tensor before = hidden;
            hidden = level.call(before);
        }
        hidden = nn.functional.silu(_normOut.call(_mid.call(hidden)));
        return _convOut.call(hidden).MoveToOuterDisposeScope();
    }
}
