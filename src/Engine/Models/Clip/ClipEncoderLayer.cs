using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>Self-attention and feed-forward, each after a layer norm and added to its input; shared by both towers of CLIP.</summary>
internal sealed class ClipEncoderLayer : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "self_attn")]
    private readonly ClipSelfAttention _attention;

    [ComponentName(Name = "layer_norm1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "mlp")]
    private readonly ClipFeedForward _feedForward;

    [ComponentName(Name = "layer_norm2")]
    private readonly LayerNorm _norm2;

    public ClipEncoderLayer(ClipEncoderConfig config, bool causal, ModelPlacement placement)
        : base(nameof(ClipEncoderLayer))
    {
        _attention = new ClipSelfAttention(config, causal, placement);
        _norm1 = new LayerNorm(config.HiddenSize, placement, config.NormEpsilon);
        _feedForward = new ClipFeedForward(config, placement);
        _norm2 = new LayerNorm(config.HiddenSize, placement, config.NormEpsilon);
        RegisterComponents();
    }

    /// <summary>[B, L, D] → [B, L, D].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = input.Plus(_attention.call(_norm1.call(input)));
        return hidden.Plus(_feedForward.call(_norm2.call(hidden))).MoveToOuterDisposeScope();
    }
}
