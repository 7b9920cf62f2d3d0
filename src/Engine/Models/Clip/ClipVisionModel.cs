using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>
/// CLIP's image tower, a vision transformer (Radford et al. 2021, §2.4), without its projection. Parameter names are
/// transformers' CLIPVisionModel's.
/// </summary>
public sealed class ClipVisionModel : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "vision_model")]
    private readonly ClipVisionTransformer _transformer;

    /// <summary>A model whose weights are uninitialised until loaded or filled by <see cref="RandomWeights"/>.</summary>
    public ClipVisionModel(ClipVisionConfig config, ModelPlacement placement)
        : base(nameof(ClipVisionModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(placement);
        Config = config;
        _transformer = new ClipVisionTransformer(config, placement);
        RegisterComponents();
    }

    /// <summary>The model's shape.</summary>
    public ClipVisionConfig Config { get; }

    /// <summary>The states of class token and patches after the last layer, not yet normalised (last_hidden_state).</summary>
    /// <param name="input">[B, C, S, S] with S = <see cref="ClipVisionConfig.ImageSize"/>, normalised as CLIP wants it.</param>
    /// <returns>[B, 1 + patches, D], owned by the caller.</returns>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public override Tensor forward(Tensor input) => _transformer.call(input);

    /// <summary>The class token after the last norm (pooler_output), which describes the whole picture.</summary>
    /// <param name="states">[B, 1 + patches, D] from <see cref="forward"/>.</param>
    /// <returns>[B, D], owned by the caller.</returns>
    public Tensor Pool(Tensor states)
    {
        ArgumentNullException.ThrowIfNull(states);
        return _transformer.Pool(states);
    }
}
