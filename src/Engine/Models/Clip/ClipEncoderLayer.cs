using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>Self-attention and feed-forward, each after a layer norm and added to its input; shared by both towers of CLIP.</summary>
internal sealed class ClipEncoderLayer : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "self_attn")]
    private readonly SelfAttention _attention;

    [ComponentName(Name = "layer_norm1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "mlp")]
    private readonly FeedForward _feedForward;

    [ComponentName(Name = "layer_norm2")]
    private readonly LayerNorm _norm2;

    public ClipEncoderLayer(ClipEncoderConfig config, bool causal, ModelPlacement placement)
        : base(nameof(ClipEncoderLayer))
    {
        _attention = new SelfAttention(config, causal, placement);
        _norm1 = new LayerNorm(config.HiddenSize, placement, config.NormEpsilon);
        _feedForward = new FeedForward(config, placement);
        _norm2 = new LayerNorm(config.HiddenSize, placement, config.NormEpsilon);
        RegisterComponents();
    }

    /// <summary>[B, L, D] → [B, L, D].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = input.add(_attention.call(_norm1.call(input)));
        return hidden.add(_feedForward.call(_norm2.call(hidden))).MoveToOuterDisposeScope();
    }

    private sealed class SelfAttention : nn.Module<Tensor, Tensor>
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

        public SelfAttention(ClipEncoderConfig config, bool causal, ModelPlacement placement)
            : base(nameof(SelfAttention))
        {
            _heads = config.Heads;
            _causal = causal;
            _toK = new Linear(config.HiddenSize, config.HiddenSize, placement);
            _toV = new Linear(config.HiddenSize, config.HiddenSize, placement);
            _toQ = new Linear(config.HiddenSize, config.HiddenSize, placement);
            _toOut = new Linear(config.HiddenSize, config.HiddenSize, placement);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor attended = Attention.Run(_toQ.call(input), _toK.call(input), _toV.call(input), _heads, _causal);
            return _toOut.call(attended).MoveToOuterDisposeScope();
        }
    }

    private sealed class FeedForward : nn.Module<Tensor, Tensor>
    {
        private const double QuickGeluSlope = 1.702;

        [ComponentName(Name = "fc1")]
        private readonly Linear _expand;

        [ComponentName(Name = "fc2")]
        private readonly Linear _contract;

        private readonly bool _quickGelu;

        public FeedForward(ClipEncoderConfig config, ModelPlacement placement)
            : base(nameof(FeedForward))
        {
            _quickGelu = config.QuickGelu;
            _expand = new Linear(config.HiddenSize, config.IntermediateSize, placement);
            _contract = new Linear(config.IntermediateSize, config.HiddenSize, placement);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor hidden = _expand.call(input);
            hidden = _quickGelu ? hidden.mul(hidden.mul(QuickGeluSlope).sigmoid()) : nn.functional.gelu(hidden);
            return _contract.call(hidden).MoveToOuterDisposeScope();
        }
    }
}
