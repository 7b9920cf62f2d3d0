using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>Self-attention of one CLIP layer, all projections with bias.</summary>
internal sealed class ClipSelfAttention : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "k_proj")]
    private readonly Linear _toK;

    [ComponentName(Name = "v_proj")]
    private readonly Linear _toV;

    [ComponentName(Name = "q_proj")]
    private readonly Linear _toQ;

    [ComponentName(Name = "out_proj")]
    private readonly Linear _toOut;

    private readonly int _heads;
    private readonly bool _causal;

    public ClipSelfAttention(ClipEncoderConfig config, bool causal, ModelPlacement placement)
        : base(nameof(ClipSelfAttention))
    {
        _heads = config.Heads;
        _causal = causal;
        _toK = new Linear(config.HiddenSize, config.HiddenSize, placement);
        _toV = new Linear(config.HiddenSize, config.HiddenSize, placement);
        _toQ = new Linear(config.HiddenSize, config.HiddenSize, placement);
        _toOut = new Linear(config.HiddenSize, config.HiddenSize, placement);
        RegisterComponents();
    }

    /// <summary>[B, L, D] → [B, L, D].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor attended = Attention.Run(_toQ.call(input), _toK.call(input), _toV.call(input), _heads, _causal);
        return _toOut.call(attended).MoveToOuterDisposeScope();
    }
}
