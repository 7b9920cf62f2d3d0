using InstructDiffusion.Engine.Benchmarks.RandomModels;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Benchmarks.Measuring;

/// <summary>Times the parts of an edit one by one: loading, text, encoding, one denoising step, decoding.</summary>
/// <param name="runs">Timed runs of each.</param>
/// <param name="say">Told what is being measured.</param>
/// <param name="cancellationToken">Looked at before each run.</param>
internal sealed class ModelBenchmarks(int runs, Action<string> say, CancellationToken cancellationToken)
{
    /// <summary>Rows of one step of one edit with dual guidance.</summary>
    private const int GuidanceRows = 3;

    /// <summary>Texts of one edit: the instruction and the empty one.</summary>
    private const int Texts = 2;

    // Where in the course of denoising makes no difference to the time.
    private const float Timestep = 500;

    /// <summary>Every measurement, in the order of an edit.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="latentSides">Sides of the latents: an eighth of the picture's.</param>
    public IReadOnlyList<Measurement> Run(ModelFolder folder, IReadOnlyList<int> latentSides)
    {
        var results = new List<Measurement>();
        if (PageCache.CanDrop)
        {
            results.Add(TimeLoad(folder, "Model load, files not in memory", () => PageCache.Drop(folder.WeightFiles)));
        }
        results.Add(TimeLoad(folder, "Model load, files in memory", prepare: null));
        using EditModel model = folder.Load(plainKernels: false, cancellationToken);
        results.Add(TimeTextEncoder(model.TextEncoder));
        foreach (int side in latentSides)
        {
            results.Add(TimeEncode(model.Autoencoder, side));
            results.Add(TimeUNetStep(model.UNet, model.TextEncoder.Config.MaxTokens, side));
            results.Add(TimeDecode(model.Autoencoder, side));
        }
        return results;
    }

    private Measurement TimeLoad(ModelFolder folder, string name, Action? prepare)
    {
        say(name);
        void LoadOnce() => folder.Load(plainKernels: false, cancellationToken).Dispose();
        if (prepare is null)
        {
            LoadOnce();
        }
        return Measurement.Of(name, runs, LoadOnce, cancellationToken, prepare) with
        {
            Bytes = folder.WeightFiles.Sum(file => file.Length),
        };
    }

    private Measurement TimeTextEncoder(ClipTextModel encoder)
    {
        using var scope = NewDisposeScope();
        Tensor ids = zeros([Texts, encoder.Config.MaxTokens], ScalarType.Int64);
        return Time(
            $"Text encoder, {Texts} texts of {encoder.Config.MaxTokens} tokens",
            encoder,
            () => encoder.call(ids)
        );
    }

    private Measurement TimeEncode(AutoencoderKL autoencoder, int side)
    {
        using var scope = NewDisposeScope();
        int pixels = side * autoencoder.Config.DownsamplingFactor;
        Tensor image = Normal(1, autoencoder.Config.ImageChannels, pixels, pixels).clamp_(-1, 1);
        return Time($"VAE encode, {pixels}x{pixels} pixels", autoencoder, () => autoencoder.Encode(image).Dispose());
    }

    private Measurement TimeDecode(AutoencoderKL autoencoder, int side)
    {
        using var scope = NewDisposeScope();
        int pixels = side * autoencoder.Config.DownsamplingFactor;
        Tensor latents = Normal(1, autoencoder.Config.LatentChannels, side, side);
        return Time($"VAE decode, {pixels}x{pixels} pixels", autoencoder, () => autoencoder.Decode(latents));
    }

    private Measurement TimeUNetStep(UNet2DConditionModel unet, int tokens, int side)
    {
        using var scope = NewDisposeScope();
        Tensor sample = Normal(GuidanceRows, unet.Config.InChannels, side, side);
        Tensor timesteps = full(GuidanceRows, Timestep);
        Tensor context = Normal(GuidanceRows, tokens, unet.Config.CrossAttentionDim);
        return Time(
            $"UNet step, {GuidanceRows} rows of {side}x{side}",
            unet,
            () => unet.call(sample, timesteps, context)
        );
    }

    private Measurement Time(string name, nn.Module model, Action work)
    {
        say(name);
        return Measurement.OfModel(name, model, runs, work, cancellationToken);
    }

    private static Tensor Normal(params long[] shape)
    {
        using var generator = new Generator(0, CPU);
        return randn(shape, generator: generator);
    }
}
