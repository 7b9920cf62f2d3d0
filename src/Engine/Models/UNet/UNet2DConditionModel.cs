using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.Layers.Winograd;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.UNet;

/// <summary>
/// The denoising network of latent diffusion (Rombach et al. 2022, §3.3), with any number of input channels. Parameter names
/// are diffusers' UNet2DConditionModel's.
/// </summary>
/// <remarks>B batch, h w latent sides, L text tokens, D text features, T time features.</remarks>
public sealed class UNet2DConditionModel : nn.Module<Tensor, Tensor, Tensor, Tensor>
{
    private const int TimeExpansion = 4;

    [ComponentName(Name = "conv_in")]
    private readonly Conv2d _convIn;

    [ComponentName(Name = "time_embedding")]
    private readonly TimestepEmbedding _timeEmbedding;

    [ComponentName(Name = "down_blocks")]
    private readonly ModuleList<DownBlock> _down = [];

    [ComponentName(Name = "up_blocks")]
    private readonly ModuleList<UpBlock> _up = [];

    [ComponentName(Name = "mid_block")]
    private readonly MidBlock _mid;

    [ComponentName(Name = "conv_norm_out")]
    private readonly GroupNorm _normOut;

    [ComponentName(Name = "conv_out")]
    private readonly Conv2d _convOut;

    private readonly ModelPlacement _placement;
    private WinogradWorkspace? _workspace;

    /// <summary>A model whose weights are uninitialised until loaded or filled by <see cref="RandomWeights"/>.</summary>
    public UNet2DConditionModel(UNetConfig config, ModelPlacement placement)
        : base(nameof(UNet2DConditionModel))
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(placement);
        Config = config;
        _placement = placement;
        IReadOnlyList<int> channels = config.BlockOutChannels;
        int timeFeatures = channels[0] * TimeExpansion;
        _convIn = new Conv2d(config.InChannels, channels[0], 3, placement, padding: 1);
        _timeEmbedding = new TimestepEmbedding(channels[0], timeFeatures, placement);
        for (int level = 0; level < channels.Count; level++)
        {
            _down.Add(new DownBlock(config, level, timeFeatures, placement));
        }
        _mid = new MidBlock(config, timeFeatures, placement);
        for (int level = channels.Count - 1; level >= 0; level--)
        {
            _up.Add(new UpBlock(config, level, timeFeatures, placement));
        }
        _normOut = new GroupNorm(config.NormGroups, channels[0], config.NormEpsilon, placement);
        _convOut = new Conv2d(channels[0], config.OutChannels, 3, placement, padding: 1);
        RegisterComponents();
    }

    /// <summary>The model's shape.</summary>
    public UNetConfig Config { get; }

    /// <summary>
    /// While gradients are recorded, keeps the inputs of every ResBlock and transformer block alone and computes the rest again in
    /// the backward pass, which must then be <see cref="ActivationCheckpoint.Backward"/>. Off at first. (The authors' training
    /// checkpoints the same blocks.)
    /// </summary>
    public bool CheckpointActivations
    {
        get;
        set
        {
            field = value;
            foreach (ICheckpointedBlock block in modules().OfType<ICheckpointedBlock>())
            {
                block.Checkpointed = value;
            }
        }
    }

    /// <summary>
    /// From now on computes faster, to within rounding, and records no gradient: on the CPU in fp32 its feature maps have the channels
    /// last and its 3×3 convolutions are Winograd's. Call it when the weights are loaded: it transforms them and keeps the result
    /// alone, so that they can be read no more. Elsewhere it does nothing.
    /// </summary>
    public void PrepareForInference()
    {
        if (_placement.Device.type == TorchSharp.DeviceType.CPU && _placement.DType == ScalarType.Float32)
        {
            _workspace ??= WinogradWorkspace.For(this);
        }
    }

    /// <summary>Predicts the noise (or velocity) of each row.</summary>
    /// <param name="sample">[B, InChannels, h, w], any floating precision; h and w are best multiples of 8.</param>
    /// <param name="timesteps">[B], 0…999, whole or fractional.</param>
    /// <param name="context">[B, L, D] text states.</param>
    /// <returns>[B, OutChannels, h, w] fp32, owned by the caller.</returns>
    public override Tensor forward(Tensor sample, Tensor timesteps, Tensor context)
    {
        using var scope = NewDisposeScope();
        CheckShapes(sample, timesteps, context);
        sample = sample.to(_placement.DType);
        if (_workspace is not null)
        {
            sample = ChannelsLast.Of(sample);
        }
        context = context.to(_placement.DType);

        // 1. time: [B] → [B, T], activated once for all ResBlocks
        Tensor sinusoids = TimestepEmbedding.Sinusoids(
            timesteps,
            Config.BlockOutChannels[0],
            Config.FlipSinToCos,
            Config.FrequencyShift
        );
        Tensor activatedTime = nn.functional.silu(_timeEmbedding.call(sinusoids.to(_placement.DType)));

        // 2. down, keeping every map for the way up
        var skips = new Stack<Tensor>();
        Tensor hidden = _convIn.call(sample);
        skips.Push(hidden);
        foreach (DownBlock block in _down)
        {
            hidden = block.call(hidden, activatedTime, context, skips);
        }

        // 3. middle and up
        hidden = _mid.call(hidden, activatedTime, context);
        foreach (UpBlock block in _up)
        {
            using Tensor below = hidden;
            hidden = block.call(below, activatedTime, context, skips);
        }

        // 4. head
        hidden = _convOut.call(nn.functional.silu(_normOut.call(hidden)));
        return hidden.to(ScalarType.Float32).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _workspace?.Dispose();
        }
        base.Dispose(disposing);
    }

    private void CheckShapes(Tensor sample, Tensor timesteps, Tensor context)
    {
        TensorShape.Require(
            sample,
            nameof(sample),
            TensorShape.Any,
            Config.InChannels,
            TensorShape.Any,
            TensorShape.Any
        );
        long rows = sample.size(0);
        TensorShape.Require(timesteps, nameof(timesteps), rows);
        TensorShape.Require(context, nameof(context), rows, TensorShape.Any, Config.CrossAttentionDim);
    }
}
