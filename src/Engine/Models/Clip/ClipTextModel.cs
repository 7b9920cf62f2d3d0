using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>
/// CLIP's text tower (Radford et al. 2021, §2.4) with a causal mask and no padding mask. Parameter names are transformers'
/// CLIPTextModel's.
/// </summary>
public sealed class ClipTextModel : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "text_model")]
    private readonly Transformer _transformer;

    /// <summary>A model whose weights are uninitialised until loaded or filled by <see cref="RandomWeights"/>.</summary>
    public ClipTextModel(ClipTextConfig config, ModelPlacement placement)
        : base(nameof(ClipTextModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(placement);
        Config = config;
        _transformer = new Transformer(config, placement);
        RegisterComponents();
    }

    /// <summary>The model's shape.</summary>
    public ClipTextConfig Config { get; }

    /// <summary>The states of a text after the final layer norm, which condition the UNet.</summary>
    /// <param name="input">[B, L] int64 token ids, L ≤ <see cref="ClipTextConfig.MaxTokens"/>.</param>
    /// <returns>[B, L, D], owned by the caller.</returns>
    public override Tensor forward(Tensor input)
    {
        TensorShape.Require(input, nameof(input), TensorShape.Any, TensorShape.Any);
        if (input.size(1) > Config.MaxTokens)
        {
            throw new ArgumentException($"{input.size(1)} tokens; this model takes {Config.MaxTokens}", nameof(input));
        }
        return _transformer.call(input);
    }

    /// <summary>The state at the first end-of-text token of each row (position 0 when there is none), as transformers pools.</summary>
    /// <param name="states">[B, L, D] from <see cref="forward"/>.</param>
    /// <param name="ids">[B, L] the ids they came from.</param>
    /// <param name="endId">The end-of-text id.</param>
    /// <returns>[B, D], owned by the caller.</returns>
    public static Tensor Pool(Tensor states, Tensor ids, long endId)
    {
        ArgumentNullException.ThrowIfNull(states);
        ArgumentNullException.ThrowIfNull(ids);
        using var scope = NewDisposeScope();
        Tensor first = ids.eq(endId).to(ScalarType.Int32).argmax(-1); // [B]
        return states[arange(states.size(0)), first].MoveToOuterDisposeScope();
    }

    private sealed class Transformer : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "embeddings")]
        private readonly TextEmbeddings _embeddings;

        [ComponentName(Name = "encoder")]
        private readonly ClipEncoder _encoder;

        [ComponentName(Name = "final_layer_norm")]
        private readonly LayerNorm _finalNorm;

        public Transformer(ClipTextConfig config, ModelPlacement placement)
            : base(nameof(Transformer))
        {
            _embeddings = new TextEmbeddings(config, placement);
            _encoder = new ClipEncoder(config.Encoder, causal: true, placement);
            _finalNorm = new LayerNorm(config.Encoder.HiddenSize, placement, config.Encoder.NormEpsilon);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            return _finalNorm.call(_encoder.call(_embeddings.call(input))).MoveToOuterDisposeScope();
        }
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
            Tensor positions = _positions.call(arange(input.size(1), ScalarType.Int64, input.device)); // [L, D]
            return _tokens.call(input).add(positions).MoveToOuterDisposeScope();
        }
    }
}
