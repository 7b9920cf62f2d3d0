using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>Doubles a feature map by nearest neighbours and a 3×3 convolution.</summary>
internal sealed class UpsampleBlock : nn.Module<Tensor, long[]?, Tensor>
{
    [ComponentName(Name = "conv")]
    private readonly Conv2d _conv;

    public UpsampleBlock(int channels, ModelPlacement placement)
        : base(nameof(UpsampleBlock))
    {
        _conv = new Conv2d(channels, channels, 3, placement, padding: 1);
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] → [B, C, size], where size is [2H, 2W] unless a skip connection asks for one less.</summary>
    public override Tensor forward(Tensor input, long[]? size)
    {
        size ??= [input.size(2) * 2, input.size(3) * 2];
        using Tensor enlarged = nn.functional.interpolate(input, size, mode: InterpolationMode.Nearest);
        return _conv.call(enlarged);
    }
}
