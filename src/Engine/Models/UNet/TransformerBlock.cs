using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.UNet;

/// <summary>Self-attention, cross-attention to the text, gated feed-forward; each after a layer norm, each added to its input.</summary>
internal sealed class TransformerBlock : nn.Module<Tensor, Tensor, Tensor>, ICheckpointedBlock
{
    [ComponentName(Name = "norm1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "attn1")]
    private readonly CrossAttention _selfAttention;

    [ComponentName(Name = "norm2")]
    private readonly LayerNorm _norm2;

    [ComponentName(Name = "attn2")]
    private readonly CrossAttention _textAttention;

    [ComponentName(Name = "norm3")]
    private readonly LayerNorm _norm3;

    [ComponentName(Name = "ff")]
    private readonly GegluFeedForward _feedForward;

    public TransformerBlock(int channels, int contextFeatures, int heads, ModelPlacement placement)
        : base(nameof(TransformerBlock))
    {
        _norm1 = new LayerNorm(channels, placement);
        _selfAttention = new CrossAttention(channels, channels, heads, placement);
        _norm2 = new LayerNorm(channels, placement);
        _textAttention = new CrossAttention(channels, contextFeatures, heads, placement);
        _norm3 = new LayerNorm(channels, placement);
        _feedForward = new GegluFeedForward(channels, placement);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public bool Checkpointed { get; set; }

    /// <summary>[B, N, C] and context [B, L, D] → [B, N, C].</summary>
    public override Tensor forward(Tensor input, Tensor context) =>
        Checkpointed
            ? ActivationCheckpoint.Run(inputs => Compute(inputs[0], inputs[1]), input, context)
            : Compute(input, context);

    private Tensor Compute(Tensor input, Tensor context)
    {
        using var scope = NewDisposeScope();
        Tensor normalized = _norm1.call(input);
        Tensor hidden = input.Plus(_selfAttention.call(normalized, normalized));
        hidden = hidden.Plus(_textAttention.call(_norm2.call(hidden), context));
        return hidden.Plus(_feedForward.call(_norm3.call(hidden))).MoveToOuterDisposeScope();
    }
}
