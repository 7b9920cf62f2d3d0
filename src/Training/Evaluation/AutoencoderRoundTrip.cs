using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Pictures through an autoencoder and back: what no model that works on its latents can do better.</summary>
internal sealed class AutoencoderRoundTrip : IDisposable
{
    private readonly AutoencoderKL _autoencoder;
    private readonly Device _device;

    private AutoencoderRoundTrip(AutoencoderKL autoencoder, Device device)
    {
        _autoencoder = autoencoder;
        _device = device;
    }

    /// <summary>Opens the autoencoder of a model.</summary>
    /// <param name="path">A checkpoint file, or a folder with <c>vae/</c> in it; the rest need not be there.</param>
    /// <param name="device">As in <see cref="ModelLoadOptions.Device"/>.</param>
    /// <exception cref="EvaluationException">It has none.</exception>
    /// <exception cref="CheckpointFormatException">It is damaged.</exception>
    /// <exception cref="StateDictMismatchException">Its tensors are not those of its configuration.</exception>
    public static AutoencoderRoundTrip Open(string path, string device)
    {
        Device where = ComputeDevice.Find(device);
        using ModelCheckpoint checkpoint = ModelCheckpoint.Open(path);
        if (!checkpoint.Components.TryGetValue(ModelComponent.Vae, out ITensorSource? weights))
        {
            throw new EvaluationException(
                $"{path}: no autoencoder in it; expected a folder with vae/ or a whole model"
            );
        }
        var config = AutoencoderConfig.Parse(checkpoint.ReadConfig(ModelComponent.Vae));
        var autoencoder = new AutoencoderKL(config, new ModelPlacement(where, ScalarType.Float32));
        try
        {
            StateDictLoader.Load(autoencoder, weights);
            autoencoder.eval();
            return new AutoencoderRoundTrip(autoencoder, where);
        }
        catch
        {
            autoencoder.Dispose();
            throw;
        }
    }

    /// <summary>Encodes to the posterior's mode and decodes.</summary>
    /// <param name="picture">Sides are multiples of the autoencoder's factor.</param>
    /// <exception cref="EvaluationException">The decoded picture holds NaN or infinity.</exception>
    public RgbImage Run(RgbImage picture)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using DiagonalGaussian posterior = _autoencoder.Encode(PixelTensors.ToTensor(picture).to(_device));
        Tensor decoded = _autoencoder.Decode(posterior.Mean).cpu(); // [1, 3, H, W]
        return PixelTensors.IsFinite(decoded)
            ? PixelTensors.ToImage(decoded)
            : throw new EvaluationException("the autoencoder's pictures are not finite");
    }

    /// <inheritdoc/>
    public void Dispose() => _autoencoder.Dispose();
}
