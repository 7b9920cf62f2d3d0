using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>Feature maps whose channels lie next to each other in memory: then a pixel is a token, and a 1×1 convolution a product.</summary>
internal static class ChannelsLast
{
    /// <summary>The same map [B, C, H, W] with the strides of [B, H, W, C]; no copy where it has them already.</summary>
    public static Tensor Of(Tensor map)
    {
        using var scope = NewDisposeScope();
        return map.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
