using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Autoencoder;

/// <summary>Single-head self-attention over the pixels at the bottleneck, added to its input.</summary>
internal sealed class AutoencoderAttention : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "group_norm")]
    private readonly GroupNorm _norm;

    [ComponentName(Name = "to_q")]
    private readonly Linear _toQ;

    [ComponentName(Name = "to_k")]
    private readonly Linear _toK;

    [ComponentName(Name = "to_v")]
    private readonly Linear _toV;

    [ComponentName(Name = "to_out")]
    private readonly ModuleList<Linear> _toOut; // one entry: checkpoints call it to_out.0

    public AutoencoderAttention(int channels, int groups, ModelPlacement placement)
        : base(nameof(AutoencoderAttention))
    {
        _norm = new GroupNorm(groups, channels, Encoder.NormEpsilon, placement);
        _toQ = new Linear(channels, channels, placement);
        _toK = new Linear(channels, channels, placement);
        _toV = new Linear(channels, channels, placement);
        _toOut = [new Linear(channels, channels, placement)];
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] → [B, C, H, W].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor tokens = _norm.call(input).flatten(2).transpose(1, 2); // [B, N, C]
        Tensor attended = Attention.Run(_toQ.call(tokens), _toK.call(tokens), _toV.call(tokens), heads: 1);
        Tensor map = _toOut[0].call(attended).transpose(1, 2).reshape(input.shape); // [B, C, H, W]
        return map.Plus(input).MoveToOuterDisposeScope();
    }
}
