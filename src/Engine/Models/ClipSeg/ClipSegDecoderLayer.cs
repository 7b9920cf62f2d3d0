using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.ClipSeg;

/// <summary>Self-attention and feed-forward, each added to its input and then normalised: CLIP normalises before instead.</summary>
internal sealed class ClipSegDecoderLayer : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "self_attn")]
    private readonly ClipSelfAttention _attention;

    [ComponentName(Name = "layer_norm1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "mlp")]
    private readonly ClipFeedForward _feedForward;

    [ComponentName(Name = "layer_norm2")]
    private readonly LayerNorm _norm2;

    public ClipSegDecoderLayer(ClipEncoderConfig config, ModelPlacement placement)
        : base(nameof(ClipSegDecoderLayer))
    {
        _attention = new ClipSelfAttention(config, causal: false, placement);
        _norm1 = new LayerNorm(config.HiddenSize, placement, config.NormEpsilon);
        _feedForward = new ClipFeedForward(config, placement);
        _norm2 = new LayerNorm(config.HiddenSize, placement, config.NormEpsilon);
        RegisterComponents();
    }

    /// <summary>[B, L, D] → [B, L, D].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _norm1.call(input.Plus(_attention.call(input)));
        return _norm2.call(hidden.Plus(_feedForward.call(hidden))).MoveToOuterDisposeScope();
    }
}
