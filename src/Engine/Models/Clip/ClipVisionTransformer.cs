using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>What transformers calls <c>vision_model</c>: a class token and patches, layers that see all of them, two norms.</summary>
internal sealed class ClipVisionTransformer : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "embeddings")]
    private readonly VisionEmbeddings _embeddings;

    [ComponentName(Name = "pre_layrnorm")] // sic, in every checkpoint
    private readonly LayerNorm _preNorm;

    [ComponentName(Name = "encoder")]
    private readonly ClipEncoder _encoder;

    [ComponentName(Name = "post_layernorm")]
    private readonly LayerNorm _postNorm;

    private readonly ClipVisionConfig _config;

    public ClipVisionTransformer(ClipVisionConfig config, ModelPlacement placement)
        : base(nameof(ClipVisionTransformer))
    {
        _config = config;
        _embeddings = new VisionEmbeddings(config, placement);
        _preNorm = new LayerNorm(config.Encoder.HiddenSize, placement, config.Encoder.NormEpsilon);
        _encoder = new ClipEncoder(config.Encoder, causal: false, placement);
        _postNorm = new LayerNorm(config.Encoder.HiddenSize, placement, config.Encoder.NormEpsilon);
        RegisterComponents();
    }

    /// <summary>[B, C, S, S] with S the config's image size → [B, 1 + patches, D], without a final norm.</summary>
    public override Tensor forward(Tensor input)
    {
        TensorShape.Require(
            input,
            nameof(input),
            TensorShape.Any,
            _config.Channels,
            _config.ImageSize,
            _config.ImageSize
        );
        using var scope = NewDisposeScope();
        return _encoder.call(_preNorm.call(_embeddings.call(input))).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The states after some layers, for pictures of any size in whole patches (CLIPSeg runs at 352 what was trained at 224).
    /// </summary>
    /// <param name="pixels">[B, C, H, W], H and W multiples of the patch.</param>
    /// <param name="layers">Ascending layer numbers from 0.</param>
    /// <returns>[B, 1 + patches, D] per entry of <paramref name="layers"/>, owned by the caller.</returns>
    public IReadOnlyList<Tensor> StatesAfter(Tensor pixels, IReadOnlyList<int> layers)
    {
        TensorShape.Require(
            pixels,
            nameof(pixels),
            TensorShape.Any,
            _config.Channels,
            TensorShape.Any,
            TensorShape.Any
        );
        long patch = _config.PatchSize;
        long height = pixels.size(2);
        long width = pixels.size(3);
        if (height < patch || width < patch || height % patch != 0 || width % patch != 0)
        {
            throw new ArgumentException($"{width}x{height} is not made of whole patches of {patch}", nameof(pixels));
        }
        using var scope = NewDisposeScope();
        IReadOnlyList<Tensor> states = _encoder.StatesAfter(_preNorm.call(_embeddings.call(pixels)), layers);
        foreach (Tensor state in states)
        {
            state.MoveToOuterDisposeScope();
        }
        return states;
    }

    /// <summary>[B, 1 + patches, D] → [B, D]: the class token after the last norm.</summary>
    public Tensor Pool(Tensor states)
    {
        using Tensor first = states.select(1, 0);
        return _postNorm.call(first);
    }

    private sealed class VisionEmbeddings : nn.Module<Tensor, Tensor>, IInitializable
    {
        [ComponentName(Name = "class_embedding")]
        private readonly Parameter _class; // [D]

        [ComponentName(Name = "patch_embedding")]
        private readonly Conv2d _patches;

        [ComponentName(Name = "position_embedding")]
        private readonly Embedding _positions; // [1 + grid², D]

        private readonly int _grid;

        public VisionEmbeddings(ClipVisionConfig config, ModelPlacement placement)
            : base(nameof(VisionEmbeddings))
        {
            int features = config.Encoder.HiddenSize;
            _grid = config.Grid;
            _class = placement.Weight(features);
            _patches = new Conv2d(
                config.Channels,
                features,
                config.PatchSize,
                placement,
                stride: config.PatchSize,
                bias: false
            );
            _positions = new Embedding(1 + (_grid * _grid), features, placement);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor map = _patches.call(input.to(_class.dtype)); // [B, D, h, w]
            Tensor first = _class.expand(input.size(0), 1, -1); // [B, 1, D]
            Tensor tokens = cat([first, map.flatten(2).transpose(1, 2)], 1); // [B, 1 + h·w, D]
            return tokens.Plus(Positions(map.size(2), map.size(3))).MoveToOuterDisposeScope();
        }

        public void Initialize(Generator generator) => _class.normal_(0, 0.02, generator);

        // [1 + h·w, D]; for another grid than the trained one interpolated as CLIPSeg's interpolate_position_embeddings does.
        private Tensor Positions(long height, long width)
        {
            Tensor all = _positions.call(
                TensorArithmetic.CountingUp(1 + (_grid * _grid), ScalarType.Int64, _class.device)
            );
            if (height == _grid && width == _grid)
            {
                return all;
            }
            Tensor map = all.narrow(0, 1, _grid * _grid).t().view(1, -1, _grid, _grid); // [1, D, grid, grid]
            Tensor resized = nn.functional.interpolate(
                map,
                [height, width],
                mode: InterpolationMode.Bicubic,
                align_corners: false
            );
            return cat([all.narrow(0, 0, 1), resized.flatten(2).squeeze(0).t()], 0);
        }
    }
}
