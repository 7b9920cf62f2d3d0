using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>What transformers calls <c>text_model</c>: embeddings, causal layers and a final norm.</summary>
internal sealed class ClipTextTransformer : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "embeddings")]
    private readonly TextEmbeddings _embeddings;

    [ComponentName(Name = "encoder")]
    private readonly ClipEncoder _encoder;

    [ComponentName(Name = "final_layer_norm")]
    private readonly LayerNorm _finalNorm;

    private readonly int _maxTokens;

    public ClipTextTransformer(ClipTextConfig config, ModelPlacement placement)
        : base(nameof(ClipTextTransformer))
    {
        _maxTokens = config.MaxTokens;
        _embeddings = new TextEmbeddings(config, placement);
        _encoder = new ClipEncoder(config.Encoder, causal: true, placement);
        _finalNorm = new LayerNorm(config.Encoder.HiddenSize, placement, config.Encoder.NormEpsilon);
        RegisterComponents();
    }

    /// <summary>[B, L] int64 → [B, L, D].</summary>
    public override Tensor forward(Tensor input)
    {
        TensorShape.Require(input, nameof(input), TensorShape.Any, TensorShape.Any);
        if (input.size(1) > _maxTokens)
        {
            throw new ArgumentException($"{input.size(1)} tokens; this model takes {_maxTokens}", nameof(input));
        }
        using var scope = NewDisposeScope();
        return _finalNorm.call(_encoder.call(_embeddings.call(input))).MoveToOuterDisposeScope();
    }

    private sealed class TextEmbeddings : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "token_embedding")]
        private readonly Embedding _tokens;

        [ComponentName(Name = "position_embedding")]
        private readonly Embedding _positions;

        public TextEmbeddings(ClipTextConfig config, ModelPlacement placement)
            : base(nameof(TextEmbeddings))
        {
            _tokens = new Embedding(config.VocabularySize, config.Encoder.HiddenSize, placement);
            _positions = new Embedding(config.MaxTokens, config.Encoder.HiddenSize, placement);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor positions = _positions.call(
                TensorArithmetic.CountingUp(input.size(1), ScalarType.Int64, input.device)
            ); // [L, D]
            return _tokens.call(input).Plus(positions).MoveToOuterDisposeScope();
        }
    }
}
