using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>
/// CLIP (Radford et al. 2021): texts and pictures as vectors of one space, whose cosine says how well they fit. Parameter names
/// are transformers' CLIPModel's.
/// </summary>
/// <remarks>B rows, L text tokens, S picture side, P projected features.</remarks>
public sealed class ClipModel : nn.Module<Tensor, Tensor, Tensor>, IInitializable
{
    // ln(1/0.07), the temperature that CLIP's training starts from (§2.5).
    private const double InitialLogitScale = 2.6592;

    [ComponentName(Name = "text_model")]
    private readonly ClipTextTransformer _text;

    [ComponentName(Name = "vision_model")]
    private readonly ClipVisionTransformer _vision;

    [ComponentName(Name = "visual_projection")]
    private readonly Linear _visualProjection;

    [ComponentName(Name = "text_projection")]
    private readonly Linear _textProjection;

    [ComponentName(Name = "logit_scale")]
    private readonly Parameter _logitScale; // scalar

    /// <summary>A model whose weights are uninitialised until loaded or filled by <see cref="RandomWeights"/>.</summary>
    public ClipModel(ClipConfig config, ModelPlacement placement)
        : base(nameof(ClipModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(placement);
        Config = config;
        _text = new ClipTextTransformer(config.Text, placement);
        _vision = new ClipVisionTransformer(config.Vision, placement);
        int projected = config.ProjectionSize;
        _visualProjection = new Linear(config.Vision.Encoder.HiddenSize, projected, placement, bias: false);
        _textProjection = new Linear(config.Text.Encoder.HiddenSize, projected, placement, bias: false);
        _logitScale = placement.Weight();
        RegisterComponents();
    }

    /// <summary>The model's shape.</summary>
    public ClipConfig Config { get; }

    /// <summary>How well each picture fits each text: exp(logit_scale)·cosine (logits_per_image).</summary>
    /// <param name="pixels">[B, C, S, S] pictures, normalised as CLIP wants them.</param>
    /// <param name="ids">[T, L] int64 token ids.</param>
    /// <returns>[B, T], owned by the caller.</returns>
    public override Tensor forward(Tensor pixels, Tensor ids)
    {
        using var scope = NewDisposeScope();
        Tensor images = Normalize(ImageEmbeds(pixels));
        Tensor texts = Normalize(TextEmbeds(ids));
        return images.matmul(texts.t()).mul(_logitScale.exp()).MoveToOuterDisposeScope();
    }

    /// <summary>Texts as vectors, not normalised (get_text_features).</summary>
    /// <param name="ids">[B, L] int64 token ids, L ≤ <see cref="ClipTextConfig.MaxTokens"/>.</param>
    /// <returns>[B, P], owned by the caller.</returns>
    /// <exception cref="ArgumentException">Another shape, or too many tokens.</exception>
    public Tensor TextEmbeds(Tensor ids)
    {
        using var scope = NewDisposeScope();
        Tensor pooled = ClipTextModel.Pool(_text.call(ids), ids, Config.Text.EndId);
        return _textProjection.call(pooled).MoveToOuterDisposeScope();
    }

    /// <summary>Pictures as vectors, not normalised (get_image_features).</summary>
    /// <param name="pixels">[B, C, S, S] with S = <see cref="ClipVisionConfig.ImageSize"/>, normalised as CLIP wants it.</param>
    /// <returns>[B, P], owned by the caller.</returns>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public Tensor ImageEmbeds(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        Tensor pooled = _vision.Pool(_vision.call(pixels));
        return _visualProjection.call(pooled).MoveToOuterDisposeScope();
    }

    /// <summary>Rows divided by their L2 norm, so that their products are cosines.</summary>
    /// <param name="embeds">[B, P], no row zero.</param>
    /// <returns>[B, P], owned by the caller.</returns>
    public static Tensor Normalize(Tensor embeds)
    {
        ArgumentNullException.ThrowIfNull(embeds);
        using Tensor norms = embeds.norm(-1, keepdim: true, p: 2f);
        return embeds.div(norms);
    }

    /// <inheritdoc/>
    public void Initialize(Generator generator) => _logitScale.FillInPlace(InitialLogitScale);

    /// <summary>States of the image tower after some of its layers; see <see cref="ClipVisionTransformer.StatesAfter"/>.</summary>
    internal IReadOnlyList<Tensor> VisionStatesAfter(Tensor pixels, IReadOnlyList<int> layers) =>
        _vision.StatesAfter(pixels, layers);
}
