using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Aesthetic;

/// <summary>
/// LAION's improved aesthetic predictor: how much people like a picture, about 1 to 10, from its CLIP ViT-L/14 vector. Five linear
/// layers without activations; parameter names are those of <c>sac+logos+ava1-l14-linearMSE.pth</c>. A released variant has
/// a ReLU after each but the last.
/// </summary>
public sealed class AestheticPredictor : nn.Module<Tensor, Tensor>
{
    /// <summary>Features of a CLIP ViT-L/14 vector.</summary>
    public const int EmbedSize = 768;

    [ComponentName(Name = "layers")]
    private readonly LinearStack _layers;

    /// <summary>A model whose weights are uninitialised until loaded or filled by <see cref="RandomWeights"/>.</summary>
    /// <param name="placement">Where and in which precision.</param>
    /// <param name="isRectified">The variant with activations.</param>
    public AestheticPredictor(ModelPlacement placement, bool isRectified = false)
        : base(nameof(AestheticPredictor))
    {
        ArgumentNullException.ThrowIfNull(placement);
        _layers = new LinearStack(placement, isRectified);
        RegisterComponents();
    }

    /// <summary>Scores pictures by their vectors.</summary>
    /// <param name="input">[B, 768] from <see cref="Clip.ClipModel.ImageEmbeds"/> of CLIP ViT-L/14, normalised or not.</param>
    /// <returns>[B, 1] scores, owned by the caller.</returns>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public override Tensor forward(Tensor input)
    {
        TensorShape.Require(input, nameof(input), TensorShape.Any, EmbedSize);
        using var scope = NewDisposeScope();
        Tensor norms = input.norm(-1, keepdim: true, p: 2f); // [B, 1]
        using Scalar zero = TensorArithmetic.NumberOf(0);
        using Scalar one = TensorArithmetic.NumberOf(1);
        Tensor divisors = norms.masked_fill(norms.eq(zero), one); // a zero row stays zero, as in the reference
        return _layers.call(input.div(divisors)).MoveToOuterDisposeScope();
    }

    // The gaps in the numbers are the reference's dropouts.
    private sealed class LinearStack : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "0")]
        private readonly Linear _layer0;

        [ComponentName(Name = "2")]
        private readonly Linear _layer2;

        [ComponentName(Name = "4")]
        private readonly Linear _layer4;

        [ComponentName(Name = "6")]
        private readonly Linear _layer6;

        [ComponentName(Name = "7")]
        private readonly Linear _layer7;

        private readonly bool _isRectified;

        public LinearStack(ModelPlacement placement, bool isRectified)
            : base(nameof(LinearStack))
        {
            _isRectified = isRectified;
            _layer0 = new Linear(EmbedSize, 1024, placement);
            _layer2 = new Linear(1024, 128, placement);
            _layer4 = new Linear(128, 64, placement);
            _layer6 = new Linear(64, 16, placement);
            _layer7 = new Linear(16, 1, placement);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor hidden = Activated(_layer2.call(Activated(_layer0.call(input))));
            hidden = Activated(_layer6.call(Activated(_layer4.call(hidden))));
            return _layer7.call(hidden).MoveToOuterDisposeScope();
        }

        private Tensor Activated(Tensor hidden) => _isRectified ? nn.functional.relu(hidden) : hidden;
    }
}
