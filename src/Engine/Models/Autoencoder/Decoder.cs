using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Autoencoder;

/// <summary>Latents → picture.</summary>
internal sealed class Decoder : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv_in")]
    private readonly Conv2d _convIn;

    [ComponentName(Name = "up_blocks")]
    private readonly ModuleList<AutoencoderLevel> _levels = [];

    [ComponentName(Name = "mid_block")]
    private readonly AutoencoderMidBlock _mid;

    [ComponentName(Name = "conv_norm_out")]
    private readonly GroupNorm _normOut;

    [ComponentName(Name = "conv_out")]
    private readonly Conv2d _convOut;

    public Decoder(AutoencoderConfig config, ModelPlacement placement)
        : base(nameof(Decoder))
    {
        int[] channels = [.. config.BlockOutChannels.Reverse()];
        _convIn = new Conv2d(config.LatentChannels, channels[0], 3, placement, padding: 1);
        _mid = new AutoencoderMidBlock(channels[0], config.NormGroups, placement);
        for (int level = 0; level < channels.Length; level++)
        {
            bool last = level == channels.Length - 1;
            _levels.Add(
                new AutoencoderLevel(
                    channels[Math.Max(level - 1, 0)],
                    channels[level],
                    config.LayersPerBlock + 1,
                    config.NormGroups,
                    last ? AutoencoderLevel.Resampling.None : AutoencoderLevel.Resampling.Double,
                    placement
                )
            );
        }
        _normOut = new GroupNorm(config.NormGroups, channels[^1], Encoder.NormEpsilon, placement);
        _convOut = new Conv2d(channels[^1], config.ImageChannels, 3, placement, padding: 1);
        RegisterComponents();
    }

    /// <summary>[B, latent channels, h, w] → [B, 3, 8h, 8w].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _mid.call(_convIn.call(input));
        foreach (AutoencoderLevel level in _levels)
        {
            using Tensor before = hidden;
            hidden = level.call(before);
        }
        using Tensor normalized = _normOut.call(hidden);
        hidden.Dispose();
        Tensor activated = nn.functional.silu(normalized, inplace: !is_grad_enabled());
        return _convOut.call(activated).MoveToOuterDisposeScope();
    }
}
