using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.Layers.Winograd;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Autoencoder;

/// <summary>
/// The variational autoencoder of latent diffusion (Rombach et al. 2022, §3.1). Parameter names are diffusers' AutoencoderKL's.
/// No scaling factor is applied here: callers multiply by <see cref="AutoencoderConfig.ScalingFactor"/> where the diffusion works.
/// </summary>
public sealed class AutoencoderKL : nn.Module
{
    [ComponentName(Name = "encoder")]
    private readonly Encoder _encoder;

    [ComponentName(Name = "decoder")]
    private readonly Decoder _decoder;

    [ComponentName(Name = "quant_conv")]
    private readonly Conv2d _quantize;

    [ComponentName(Name = "post_quant_conv")]
    private readonly Conv2d _postQuantize;

    private readonly ModelPlacement _placement;
    private WinogradWorkspace? _workspace;

    /// <summary>A model whose weights are uninitialised until loaded or filled by <see cref="RandomWeights"/>.</summary>
    public AutoencoderKL(AutoencoderConfig config, ModelPlacement placement)
        : base(nameof(AutoencoderKL))
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(placement);
        Config = config;
        _placement = placement;
        _encoder = new Encoder(config, placement);
        _decoder = new Decoder(config, placement);
        _quantize = new Conv2d(2 * config.LatentChannels, 2 * config.LatentChannels, 1, placement);
        _postQuantize = new Conv2d(config.LatentChannels, config.LatentChannels, 1, placement);
        RegisterComponents();
    }

    /// <summary>The model's shape.</summary>
    public AutoencoderConfig Config { get; }

    /// <summary>See <see cref="UNet.UNet2DConditionModel.PrepareForInference"/>.</summary>
    public void PrepareForInference()
    {
        if (_placement.Device.type == TorchSharp.DeviceType.CPU && _placement.DType == ScalarType.Float32)
        {
            _workspace ??= WinogradWorkspace.For(this);
        }
    }

    /// <summary>The posterior of a picture.</summary>
    /// <param name="image">[B, 3, H, W] in [−1, 1]; H and W multiples of <see cref="AutoencoderConfig.DownsamplingFactor"/>.</param>
    /// <returns>Moments [B, 4, H/8, W/8], owned by the caller.</returns>
    public DiagonalGaussian Encode(Tensor image)
    {
        TensorShape.Require(
            image,
            nameof(image),
            TensorShape.Any,
            Config.ImageChannels,
            TensorShape.Any,
            TensorShape.Any
        );
        int factor = Config.DownsamplingFactor;
        if (image.size(2) % factor != 0 || image.size(3) % factor != 0)
        {
            throw new ArgumentException(
                $"sides must be multiples of {factor}, got {image.size(3)}x{image.size(2)}",
                nameof(image)
            );
        }
        using var scope = NewDisposeScope();
        return new DiagonalGaussian(_quantize.call(_encoder.call(Arranged(image.to(_placement.DType)))));
    }

    /// <summary>The picture of latents.</summary>
    /// <param name="latents">[B, 4, h, w], already divided by the scaling factor.</param>
    /// <returns>[B, 3, 8h, 8w] fp32, about [−1, 1] but not clamped, owned by the caller.</returns>
    public Tensor Decode(Tensor latents)
    {
        TensorShape.Require(
            latents,
            nameof(latents),
            TensorShape.Any,
            Config.LatentChannels,
            TensorShape.Any,
            TensorShape.Any
        );
        using var scope = NewDisposeScope();
        Tensor image = _decoder.call(_postQuantize.call(Arranged(latents.to(_placement.DType))));
        return image.to(ScalarType.Float32).MoveToOuterDisposeScope();
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

    private Tensor Arranged(Tensor map) => _workspace is null ? map : ChannelsLast.Of(map);
}
