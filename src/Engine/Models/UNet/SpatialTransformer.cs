using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.UNet;

/// <summary>Transformer blocks over the pixels of a feature map, between two projections, added to the input.</summary>
internal sealed class SpatialTransformer : nn.Module<Tensor, Tensor, Tensor>
{
    // Fixed in the reference, whatever the ResBlocks use.
    private const double NormEpsilon = 1e-6;

    [ComponentName(Name = "norm")]
    private readonly GroupNorm _norm;

    [ComponentName(Name = "proj_in")]
    private readonly nn.Module<Tensor, Tensor> _projectionIn;

    [ComponentName(Name = "transformer_blocks")]
    private readonly ModuleList<TransformerBlock> _blocks;

    [ComponentName(Name = "proj_out")]
    private readonly nn.Module<Tensor, Tensor> _projectionOut;

    private readonly bool _linear;

    public SpatialTransformer(UNetConfig config, int level, ModelPlacement placement)
        : base(nameof(SpatialTransformer))
    {
        int channels = config.BlockOutChannels[level];
        _linear = config.UseLinearProjection;
        _norm = new GroupNorm(config.NormGroups, channels, NormEpsilon, placement);
        _projectionIn = Projection(channels, placement);
        _blocks = new ModuleList<TransformerBlock>([
            .. Enumerable
                .Range(0, config.TransformerDepth)
                .Select(_ => new TransformerBlock(
                    channels,
                    config.CrossAttentionDim,
                    config.HeadCounts[level],
                    placement
                )),
        ]);
        _projectionOut = Projection(channels, placement);
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] and context [B, L, D] → [B, C, H, W].</summary>
    public override Tensor forward(Tensor input, Tensor context)
    {
        using var scope = NewDisposeScope();
        long height = input.size(2);
        long width = input.size(3);
        Tensor hidden = _norm.call(input);
        hidden = _linear ? _projectionIn.call(ToTokens(hidden)) : ToTokens(_projectionIn.call(hidden)); // [B, N, C]
        foreach (TransformerBlock block in _blocks)
        {
            hidden = block.call(hidden, context);
        }
        hidden = _linear
            ? ToMap(_projectionOut.call(hidden), height, width)
            : _projectionOut.call(ToMap(hidden, height, width)); // [B, C, H, W]
        return hidden.Plus(input).MoveToOuterDisposeScope();
    }

    private nn.Module<Tensor, Tensor> Projection(int channels, ModelPlacement placement) =>
        _linear ? new Linear(channels, channels, placement) : new Conv2d(channels, channels, 1, placement);

    private static Tensor ToTokens(Tensor map) => map.flatten(2).transpose(1, 2).contiguous();

    // Without gradient the map keeps the tokens' order in memory, channels last; training keeps the reference's.
    private static Tensor ToMap(Tensor tokens, long height, long width)
    {
        Tensor map = tokens.transpose(1, 2).reshape(tokens.size(0), tokens.size(2), height, width);
        return is_grad_enabled() ? map.contiguous() : map;
    }
}
