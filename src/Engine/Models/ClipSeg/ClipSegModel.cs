using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.ClipSeg;

/// <summary>
/// CLIPSeg (Lüddecke and Ecker 2022): which pixels of a picture a text means. Parameter names are transformers'
/// CLIPSegForImageSegmentation's.
/// </summary>
public sealed class ClipSegModel : nn.Module<Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "clip")]
    private readonly ClipModel _clip;

    [ComponentName(Name = "decoder")]
    private readonly ClipSegDecoder _decoder;

    /// <summary>A model whose weights are uninitialised until loaded or filled by <see cref="RandomWeights"/>.</summary>
    public ClipSegModel(ClipSegConfig config, ModelPlacement placement)
        : base(nameof(ClipSegModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(placement);
        Config = config;
        _clip = new ClipModel(config.Clip, placement);
        _decoder = new ClipSegDecoder(config, placement);
        RegisterComponents();
    }

    /// <summary>The model's shape.</summary>
    public ClipSegConfig Config { get; }

    /// <summary>A text as the condition of <see cref="forward"/> (get_conditional_embeddings).</summary>
    /// <param name="ids">[B, L] int64 token ids.</param>
    /// <returns>[B, P], owned by the caller.</returns>
    public Tensor Condition(Tensor ids) => _clip.TextEmbeds(ids);

    /// <summary>The same for a picture of what is meant.</summary>
    /// <param name="pixels">[B, C, S, S] with S the size that the CLIP inside was trained at.</param>
    /// <returns>[B, P], owned by the caller.</returns>
    public Tensor ConditionFromImage(Tensor pixels) => _clip.ImageEmbeds(pixels);

    /// <summary>How surely each pixel is meant, as logits: above 0 is more likely than not.</summary>
    /// <param name="pixels">[B, C, H, W] pictures, H and W multiples of the patch.</param>
    /// <param name="condition">[B, P] from <see cref="Condition"/> or <see cref="ConditionFromImage"/>, one a picture.</param>
    /// <returns>[B, H', W'], owned by the caller; the picture's size, or less with a refined head and a patch that is not 16.</returns>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public override Tensor forward(Tensor pixels, Tensor condition)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        using var scope = NewDisposeScope();
        IReadOnlyList<Tensor> states = _clip.VisionStatesAfter(pixels, Config.ExtractLayers);
        TensorShape.Require(condition, nameof(condition), pixels.size(0), Config.Clip.ProjectionSize);
        long patch = Config.Clip.Vision.PatchSize;
        return _decoder
            .Run(states, condition, pixels.size(2) / patch, pixels.size(3) / patch)
            .MoveToOuterDisposeScope();
    }
}
