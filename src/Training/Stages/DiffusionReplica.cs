using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tensors;
using InstructDiffusion.Training.Data;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Stages;

/// <summary>
/// The diffusion loss of a batch (specification 3.2.2): with source latents for editing, without them for text to image. The
/// target's latents are sampled and scaled, the source's are the posterior's mode and never scaled.
/// </summary>
/// <remarks>B rows, C h w latents, L tokens.</remarks>
public sealed class DiffusionReplica : StageReplica
{
    private readonly UNet2DConditionModel _unet;
    private readonly ClipTextModel _textEncoder;
    private readonly AutoencoderKL _autoencoder;
    private readonly NoiseSchedule _schedule;
    private readonly DiffusionLoss _loss;
    private readonly ConditioningDropout _dropout;
    private readonly long[] _nullIds;
    private readonly bool _trainsText;
    private readonly double _changeWeight;
    private readonly Device _device;

    /// <summary>A worker's instance.</summary>
    /// <param name="unet">Trained; owned by this object.</param>
    /// <param name="textEncoder">Owned by this object when it is trained along, else shared.</param>
    /// <param name="autoencoder">Shared and frozen; encodes batches of pictures.</param>
    /// <param name="loss">What is minimised.</param>
    /// <param name="schedule">Of the model.</param>
    /// <param name="dropout">Which conditions are lost.</param>
    /// <param name="nullIds">[L] ids of the empty text.</param>
    /// <param name="trainsText">Whether the text encoder is trained along.</param>
    /// <param name="changeWeight">λ of <see cref="ChangeWeighting"/>.</param>
    /// <param name="device">Where all of them live.</param>
    public DiffusionReplica(
        UNet2DConditionModel unet,
        ClipTextModel textEncoder,
        AutoencoderKL autoencoder,
        DiffusionLoss loss,
        NoiseSchedule schedule,
        ConditioningDropout dropout,
        long[] nullIds,
        bool trainsText,
        double changeWeight,
        Device device
    )
    {
        _unet = unet;
        _textEncoder = textEncoder;
        _autoencoder = autoencoder;
        _loss = loss;
        _schedule = schedule;
        _dropout = dropout;
        _nullIds = nullIds;
        _trainsText = trainsText;
        _changeWeight = changeWeight;
        _device = device;
        Trained = trainsText ? [("unet", unet), ("text_encoder", textEncoder)] : [("unet", unet)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Prefix, nn.Module Module)> Trained { get; }

    /// <inheritdoc/>
    public override Tensor Losses(TrainingBatch batch)
    {
        var samples = (DiffusionBatch)batch;
        using var scope = NewDisposeScope();
        Tensor random = tensor(samples.Dropout).to(_device); // [B]

        // 1. pictures or cached moments → scaled target latents, unscaled source latents
        (Tensor target, Tensor? source) = Latents(samples);

        // 2. noise them
        Tensor noise = tensor(samples.Noise, target.shape).to(_device);
        Tensor noisy = _schedule.AddNoise(target, noise, samples.Timesteps);

        // 3. conditions, some of them dropped
        Tensor context = Context(samples, random); // [B, L, D]
        if (source is not null)
        {
            noisy = cat([noisy, source.mul(_dropout.KeepImageMask(random).view(-1, 1, 1, 1))], 1); // [B, 2C, h, w]
        }

        // 4. predict, compare
        Tensor? places =
            source is not null && _changeWeight > 0
                ? ChangeWeighting.Of(target, source.Times(_autoencoder.Config.ScalingFactor), _changeWeight)
                : null;
        Tensor timesteps = tensor(samples.Timesteps, ScalarType.Float32).to(_device);
        Tensor prediction = _unet.call(noisy, timesteps, context);
        return _loss.PerSample(prediction, target, noise, samples.Timesteps, places).MoveToOuterDisposeScope();
    }

    private Tensor Context(DiffusionBatch samples, Tensor random)
    {
        if (samples.Texts is { } texts)
        {
            long tokens = _nullIds.Length;
            long features = _textEncoder.Config.Encoder.HiddenSize;
            Tensor dropped = _dropout.NullTextMask(random).view(-1, 1, 1);
            Tensor none = tensor(texts.Null, [1, tokens, features]).to(_device);
            return where(dropped, none, tensor(texts.Given, [samples.Rows, tokens, features]).to(_device));
        }
        Tensor ids = tensor(samples.Ids, [samples.Rows, _nullIds.Length]).to(_device);
        Tensor withoutText = _dropout.NullTextMask(random).view(-1, 1);
        Tensor given = where(withoutText, tensor(_nullIds).to(_device), ids);
        if (_trainsText)
        {
            return _textEncoder.call(given);
        }
        using var noGradient = no_grad();
        return _textEncoder.call(given);
    }

    private (Tensor Target, Tensor? Source) Latents(DiffusionBatch samples)
    {
        using var noGradient = no_grad();
        double scale = _autoencoder.Config.ScalingFactor;
        if (samples.Latents is { } cached)
        {
            Tensor mean = Rows(samples, cached.TargetMean);
            Tensor drawn = mean.Plus(
                Rows(samples, cached.TargetLogVariance).Times(0.5).exp().mul(Rows(samples, samples.PosteriorNoise))
            );
            return (drawn.Times(scale), cached.SourceMean is null ? null : Rows(samples, cached.SourceMean));
        }
        PairPixels pictures = samples.Pictures!;
        using DiagonalGaussian posterior = _autoencoder.Encode(Pixels(samples, pictures.Target));
        Tensor target = posterior.Sample(tensor(samples.PosteriorNoise, posterior.Mean.shape).to(_device)).Times(scale);
        if (pictures.Source is null)
        {
            return (target, null);
        }
        using DiagonalGaussian source = _autoencoder.Encode(Pixels(samples, pictures.Source));
        return (target, source.Mean.clone());
    }

    // Latents of the UNet's side, whatever it is: C·h·w values a row, square.
    private Tensor Rows(DiffusionBatch samples, float[] values)
    {
        long channels = _autoencoder.Config.LatentChannels;
        long side = (long)Math.Round(Math.Sqrt(values.LongLength / samples.Rows / channels));
        return tensor(values, [samples.Rows, channels, side, side]).to(_device);
    }

    private Tensor Pixels(DiffusionBatch samples, float[] values)
    {
        long side = (long)Math.Round(Math.Sqrt(values.LongLength / samples.Rows / 3));
        return tensor(values, [samples.Rows, 3, side, side]).to(_device);
    }
}
