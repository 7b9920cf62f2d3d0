using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>
/// CLIP's text tower (Radford et al. 2021, §2.4) with a causal mask and no padding mask. Parameter names are transformers'
/// CLIPTextModel's.
/// </summary>
public sealed class ClipTextModel : nn.Module<Tensor, Tensor>
{
    // What OpenAI's own files say instead of 49407; transformers then looks for the largest id.
    private const long LegacyEndId = 2;

    [ComponentName(Name = "text_model")]
    private readonly ClipTextTransformer _transformer;

    /// <summary>A model whose weights are uninitialised until loaded or filled by <see cref="RandomWeights"/>.</summary>
    public ClipTextModel(ClipTextConfig config, ModelPlacement placement)
        : base(nameof(ClipTextModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(placement);
        Config = config;
        _transformer = new ClipTextTransformer(config, placement);
        RegisterComponents();
    }

    /// <summary>The model's shape.</summary>
    public ClipTextConfig Config { get; }

    /// <summary>The states of a text after the final layer norm, which condition the UNet.</summary>
    /// <param name="input">[B, L] int64 token ids, L ≤ <see cref="ClipTextConfig.MaxTokens"/>.</param>
    /// <returns>[B, L, D], owned by the caller.</returns>
    /// <exception cref="ArgumentException">Another shape, or too many tokens.</exception>
    public override Tensor forward(Tensor input) => _transformer.call(input);

    /// <summary>
    /// The state at the first end-of-text token of each row (position 0 when there is none), as transformers pools; at the
    /// largest id when <paramref name="endId"/> is the 2 that OpenAI's config.json says.
    /// </summary>
    /// <param name="states">[B, L, D] from <see cref="forward"/>.</param>
    /// <param name="ids">[B, L] the ids they came from.</param>
    /// <param name="endId">The end-of-text id, <see cref="ClipTextConfig.EndId"/>.</param>
    /// <returns>[B, D], owned by the caller.</returns>
    public static Tensor Pool(Tensor states, Tensor ids, long endId)
    {
        ArgumentNullException.ThrowIfNull(states);
        ArgumentNullException.ThrowIfNull(ids);
        using var scope = NewDisposeScope();
        using Scalar end = TensorArithmetic.NumberOf(endId);
        Tensor marks = endId == LegacyEndId ? ids : ids.eq(end).to(ScalarType.Int32); // [B, L]
        return states[TensorArithmetic.CountingUp(states.size(0), ScalarType.Int64, states.device), marks.argmax(-1)]
            .MoveToOuterDisposeScope();
    }
}
