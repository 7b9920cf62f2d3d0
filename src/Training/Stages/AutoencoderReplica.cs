using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Tensors;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Stages;

/// <summary>
/// The autoencoder's loss: reconstruction from a sample of the posterior, and the posterior's divergence from N(0, 1) (Kingma and
/// Welling 2014, appendix B), a mean over elements so that the weights do not depend on the resolution.
/// </summary>
/// <param name="autoencoder">Trained; owned by this object.</param>
/// <param name="loss">Weights of the terms.</param>
/// <param name="device">Where it lives.</param>
public sealed class AutoencoderReplica(AutoencoderKL autoencoder, LossRecipe loss, Device device) : StageReplica
{
    /// <inheritdoc/>
    public override IReadOnlyList<(string Prefix, nn.Module Module)> Trained { get; } = [("vae", autoencoder)];

    /// <inheritdoc/>
    public override Tensor Losses(TrainingBatch batch)
    {
        var pictures = (PictureBatch)batch;
        using var scope = NewDisposeScope();
        Tensor images = tensor(pictures.Pixels, [batch.Rows, 3, pictures.Height, pictures.Width]).to(device);
        using DiagonalGaussian posterior = autoencoder.Encode(images);
        Tensor noise = tensor(pictures.PosteriorNoise, posterior.Mean.shape).to(device);
        Tensor error = autoencoder.Decode(posterior.Sample(noise)).sub(images).flatten(1); // [B, 3HW]
        Tensor divergence = posterior
            .Mean.Squared()
            .Plus(posterior.LogVariance.exp())
            .Plus(-1)
            .sub(posterior.LogVariance)
            .Times(0.5)
            .flatten(1);
        Tensor losses = error
            .abs()
            .mean([1])
            .Times(loss.AutoencoderL1)
            .Plus(error.Squared().mean([1]).Times(loss.AutoencoderL2))
            .Plus(divergence.mean([1]).Times(loss.AutoencoderKl));
        return losses.MoveToOuterDisposeScope();
    }
}
