using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing.Inpainting;

/// <summary>
/// Paints what a mask covers with a 9-channel UNet: it sees the noisy latents, the mask, and the latents of the picture without
/// what the mask covers. Owns autoencoder and UNet. Used by one thread at a time.
/// </summary>
/// <remarks>
/// As diffusers' StableDiffusionInpaintPipeline and PaintByExamplePipeline, save that the masked picture's latents are the
/// posterior's mode, so that a seed alone decides the result. B rows, H W pixels, h w latent sides, L tokens, D features.
/// </remarks>
public sealed class LatentInpainter : IDisposable
{
    private readonly AutoencoderKL _autoencoder;
    private readonly UNet2DConditionModel _unet;
    private readonly NoiseSchedule _schedule;
    private readonly Device _device;
    private readonly InpaintingLayout _layout;

    /// <summary>Puts the parts together and takes them over.</summary>
    /// <exception cref="ArgumentException">The UNet does not take latents, mask and latents.</exception>
    public LatentInpainter(
        AutoencoderKL autoencoder,
        UNet2DConditionModel unet,
        NoiseSchedule schedule,
        Device device,
        InpaintingLayout layout
    )
    {
        ArgumentNullException.ThrowIfNull(autoencoder);
        ArgumentNullException.ThrowIfNull(unet);
        int latents = autoencoder.Config.LatentChannels;
        if (unet.Config.OutChannels != latents || unet.Config.InChannels != 2 * latents + 1)
        {
            throw new ArgumentException(
                $"unet: takes {unet.Config.InChannels} channels and gives {unet.Config.OutChannels}; inpainting needs "
                    + $"{2 * latents + 1} (noisy latents, mask, the picture's latents) and {latents}",
                nameof(unet)
            );
        }
        (_autoencoder, _unet, _schedule, _device, _layout) = (autoencoder, unet, schedule, device, layout);
    }

    /// <summary>What painted pictures are made of whole numbers of, pixels; other sizes are padded and cut again.</summary>
    public int SizeMultiple => _autoencoder.Config.DownsamplingFactor << _unet.Config.Downsamplings;

    /// <summary>Features of the tokens that it is conditioned on.</summary>
    public int ContextFeatures => _unet.Config.CrossAttentionDim;

    /// <summary>Where the weights are.</summary>
    public Device Device => _device;

    /// <summary>Paints.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="mask">Where to paint, one entry a pixel, row by row.</param>
    /// <param name="condition">[1, L, D], what is to be seen.</param>
    /// <param name="unconditional">[1, L, D], what it is told apart from; used with guidance alone.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <returns>The whole picture as the model gives it: outside the mask it is the autoencoder's copy.</returns>
    /// <exception cref="ArgumentException">The mask is another picture's, or an option is out of range.</exception>
    /// <exception cref="NonFiniteImageException">The model gave NaN or infinity.</exception>
    public RgbImage Paint(
        RgbImage image,
        bool[] mask,
        Tensor condition,
        Tensor unconditional,
        InpaintingOptions options,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(mask);
        ArgumentNullException.ThrowIfNull(options);
        if (mask.Length != image.Width * image.Height)
        {
            throw new ArgumentException(
                $"mask: {mask.Length} pixels, the picture has {image.Width}x{image.Height}",
                nameof(mask)
            );
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var padded = PaddedPicture.Of(image, mask, SizeMultiple);
        Tensor context = options.GuidanceScale > 1 ? cat([unconditional, condition], 0) : condition; // [B, L, D]
        Tensor known = Known(padded); // [1, 5, h, w]
        using Tensor latents = Denoise(known, context.to(_device), options, cancellationToken);
        Tensor decoded = _autoencoder.Decode(latents.Over(_autoencoder.Config.ScalingFactor)).cpu(); // [1, 3, H, W]
        if (!PixelTensors.IsFinite(decoded))
        {
            throw new NonFiniteImageException(PixelTensors.IsFinite(latents) ? "image decoder" : "denoising");
        }
        Tensor cut = decoded.narrow(2, 0, image.Height).narrow(3, 0, image.Width);
        return PixelTensors.ToImage(cut);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _autoencoder.Dispose();
        _unet.Dispose();
    }

    // Mask and masked picture in the order of the layout.
    private Tensor Known(PaddedPicture padded)
    {
        int factor = _autoencoder.Config.DownsamplingFactor;
        Tensor picture = PixelTensors.ToTensor(padded.Image); // [1, 3, H, W]
        Tensor kept = tensor(padded.Kept(), [1, 1, padded.Image.Height, padded.Image.Width]);
        using DiagonalGaussian posterior = _autoencoder.Encode(picture.mul(kept).to(_device));
        Tensor masked = posterior.Mean.Times(_autoencoder.Config.ScalingFactor); // [1, 4, h, w]
        Tensor keptSmall = tensor(padded.Kept(factor), [1, 1, masked.size(2), masked.size(3)], device: _device);
        return _layout == InpaintingLayout.MaskFirst
            ? cat([keptSmall.neg().Plus(1), masked], 1)
            : cat([masked, keptSmall], 1);
    }

    // [1, 4, h, w], in no scope.
    private Tensor Denoise(Tensor known, Tensor context, InpaintingOptions options, CancellationToken cancellationToken)
    {
        using Sampler sampler = SamplerFactory.Create(options.Sampler, _schedule, options.Steps);
        using var noise = new NoiseSource(options.Seed);
        long rows = context.size(0);
        long[] shape = [1, _autoencoder.Config.LatentChannels, known.size(2), known.size(3)];
        Tensor latents = noise.Next(shape).to(_device).Times(sampler.InitialNoiseScale).DetachFromDisposeScope();
        for (int call = 0; call < sampler.Timesteps.Count; call++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using Tensor before = latents;
            using var step = NewDisposeScope();
            Tensor row = cat([before.Times(sampler.InputScale(call)), known], 1); // [1, 9, h, w]
            float[] times = [.. Enumerable.Repeat((float)sampler.Timesteps[call], (int)rows)];
            Tensor output = _unet.call(row.expand(rows, -1, -1, -1), tensor(times, [rows], device: _device), context);
            latents = sampler.Step(call, before, Guide(output, options.GuidanceScale), noise).DetachFromDisposeScope();
        }
        return latents;
    }

    private static Tensor Guide(Tensor output, double scale)
    {
        if (output.size(0) == 1)
        {
            return output;
        }
        Tensor unconditional = output.narrow(0, 0, 1);
        return unconditional.Plus((output.narrow(0, 1, 1) - unconditional).Times(scale));
    }
}
