using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.PaintByExample;

/// <summary>
/// Self-attention of one head and a feed-forward with exact GELU, each after a layer norm and added to its input; all projections
/// with bias. Parameter names are diffusers' BasicTransformerBlock's without cross-attention.
/// </summary>
internal sealed class MapperBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "norm1")]
    private readonly LayerNorm _norm1;

    [ComponentName(Name = "attn1")]
    private readonly SelfAttention _attention;

    [ComponentName(Name = "norm3")] // norm2 would stand before the cross-attention
    private readonly LayerNorm _norm3;

    [ComponentName(Name = "ff")]
    private readonly FeedForward _feedForward;

    public MapperBlock(int features, ModelPlacement placement)
        : base(nameof(MapperBlock))
    {
        _norm1 = new LayerNorm(features, placement);
        _attention = new SelfAttention(features, placement);
        _norm3 = new LayerNorm(features, placement);
        _feedForward = new FeedForward(features, placement);
        RegisterComponents();
    }

    /// <summary>[B, N, D] → [B, N, D].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = input.Plus(_attention.call(_norm1.call(input)));
        return hidden.Plus(_feedForward.call(_norm3.call(hidden))).MoveToOuterDisposeScope();
    }

    private sealed class SelfAttention : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "to_q")]
        private readonly Linear _toQ;

        [ComponentName(Name = "to_k")]
        private readonly Linear _toK;

        [ComponentName(Name = "to_v")]
        private readonly Linear _toV;

        [ComponentName(Name = "to_out")]
        private readonly ModuleList<Linear> _toOut; // one entry: checkpoints call it to_out.0

        public SelfAttention(int features, ModelPlacement placement)
            : base(nameof(SelfAttention))
        {
            _toQ = new Linear(features, features, placement);
            _toK = new Linear(features, features, placement);
            _toV = new Linear(features, features, placement);
            _toOut = new ModuleList<Linear>(new Linear(features, features, placement));
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor attended = Attention.Run(_toQ.call(input), _toK.call(input), _toV.call(input), heads: 1);
            return _toOut[0].call(attended).MoveToOuterDisposeScope();
        }
    }

    private sealed class FeedForward : nn.Module<Tensor, Tensor>
    {
        private const int Expansion = 4;

        [ComponentName(Name = "net")]
        private readonly ModuleList<nn.Module> _net; // net.0.proj and net.2; net.1 is a dropout of 0

        public FeedForward(int features, ModelPlacement placement)
            : base(nameof(FeedForward))
        {
            _net = new ModuleList<nn.Module>(
                new Projection(features, features * Expansion, placement),
                nn.Identity(),
                new Linear(features * Expansion, features, placement)
            );
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor hidden = nn.functional.gelu(((Projection)_net[0]).call(input));
            return ((Linear)_net[2]).call(hidden).MoveToOuterDisposeScope();
        }
    }

    private sealed class Projection : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "proj")]
        private readonly Linear _projection;

        public Projection(int inputs, int outputs, ModelPlacement placement)
            : base(nameof(Projection))
        {
            _projection = new Linear(inputs, outputs, placement);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input) => _projection.call(input);
    }
}
