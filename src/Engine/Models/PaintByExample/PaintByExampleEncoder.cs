using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.PaintByExample;

/// <summary>
/// What stands for the text encoder in Paint-by-Example (Yang et al. 2023, §3.2): a picture of what is to be painted becomes one
/// token. CLIP's class token goes through a mapper, a norm and a projection; the token of "nothing in particular" is learned.
/// Parameter names are diffusers' PaintByExampleImageEncoder's.
/// </summary>
public sealed class PaintByExampleEncoder : nn.Module<Tensor, Tensor>, IInitializable
{
    [ComponentName(Name = "model")]
    private readonly ClipVisionModel _vision;

    [ComponentName(Name = "mapper")]
    private readonly Mapper _mapper;

    [ComponentName(Name = "final_layer_norm")]
    private readonly LayerNorm _norm;

    [ComponentName(Name = "proj_out")]
    private readonly Linear _projection;

    [ComponentName(Name = "uncond_vector")]
    private readonly Parameter _unconditional; // [1, 1, P]

    /// <summary>A model whose weights are uninitialised until loaded or filled by <see cref="RandomWeights"/>.</summary>
    public PaintByExampleEncoder(PaintByExampleConfig config, ModelPlacement placement)
        : base(nameof(PaintByExampleEncoder))
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(placement);
        Config = config;
        int features = config.Tower.Encoder.HiddenSize;
        _vision = new ClipVisionModel(config.Tower, placement);
        _mapper = new Mapper(config, placement);
        _norm = new LayerNorm(features, placement);
        _projection = new Linear(features, config.ProjectionSize, placement);
        _unconditional = placement.Weight(1, 1, config.ProjectionSize);
        RegisterComponents();
    }

    /// <summary>The model's shape.</summary>
    public PaintByExampleConfig Config { get; }

    /// <summary>The token that the UNet sees where it is shown no example.</summary>
    /// <returns>[1, 1, P], owned by the caller.</returns>
    public Tensor Unconditional() => _unconditional.detach().clone();

    /// <summary>The token of each example.</summary>
    /// <param name="input">[B, C, S, S] with S the tower's picture side, normalised as CLIP wants it.</param>
    /// <returns>[B, 1, P], owned by the caller.</returns>
    /// <exception cref="ArgumentException">Another shape.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor pooled = _vision.Pool(_vision.call(input)).unsqueeze(1); // [B, 1, D]
        return _projection.call(_norm.call(_mapper.call(pooled))).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Initialize(Generator generator)
    {
        ArgumentNullException.ThrowIfNull(generator);
        _unconditional.normal_(0, 1, generator);
    }

    private sealed class Mapper : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "blocks")]
        private readonly ModuleList<MapperBlock> _blocks = [];

        public Mapper(PaintByExampleConfig config, ModelPlacement placement)
            : base(nameof(Mapper))
        {
            for (int i = 0; i < config.MapperBlocks; i++)
            {
                _blocks.Add(new MapperBlock(config.Tower.Encoder.HiddenSize, placement));
            }
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor hidden = input.alias();
            foreach (MapperBlock block in _blocks)
            {
                hidden = block.call(hidden);
            }
            return hidden.MoveToOuterDisposeScope();
        }
    }
}
