using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>Halves a feature map by a 3×3 convolution of stride 2.</summary>
internal sealed class DownsampleBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv")]
    private readonly Conv2d _conv;

    private readonly bool _asymmetric;

    /// <param name="channels">Channels in and out.</param>
    /// <param name="asymmetricPadding">True in the VAE's encoder, which pads right and bottom only; the UNet pads all sides.</param>
    /// <param name="placement">Device and precision.</param>
    public DownsampleBlock(int channels, bool asymmetricPadding, ModelPlacement placement)
        : base(nameof(DownsampleBlock))
    {
        _asymmetric = asymmetricPadding;
        _conv = new Conv2d(channels, channels, 3, placement, stride: 2, padding: asymmetricPadding ? 0 : 1);
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] → [B, C, ⌈H/2⌉, ⌈W/2⌉] (⌊H/2⌋ with asymmetric padding).</summary>
    public override Tensor forward(Tensor input)
    {
        if (!_asymmetric)
        {
            return _conv.call(input);
        }
        using Tensor padded = nn.functional.pad(input, [0, 1, 0, 1]);
        return _conv.call(padded);
    }
}
