using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Tensors;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Export;

/// <summary>How widely an autoencoder's latents spread.</summary>
internal static class LatentScale
{
    private const int PicturesPerPass = 16;

    /// <summary>The standard deviation of sampled latents over the targets of a data set.</summary>
    /// <param name="autoencoder">On the CPU.</param>
    /// <param name="dataset">Whose pictures.</param>
    /// <param name="pictures">How many.</param>
    /// <param name="seed">Of the draws.</param>
    public static double Measure(AutoencoderKL autoencoder, IEditDataset dataset, int pictures, long seed)
    {
        using var noGradient = no_grad();
        double sum = 0;
        double squares = 0;
        long count = 0;
        for (int first = 0; first < pictures; first += PicturesPerPass)
        {
            using var scope = NewDisposeScope();
            Tensor images = cat(
                [
                    .. Enumerable
                        .Range(first, PicturesPerPass)
                        .Select(i => PixelTensors.ToTensor(Read(dataset, i % dataset.Count, seed).Target)),
                ],
                0
            );
            using DiagonalGaussian posterior = autoencoder.Encode(images);
            Tensor latents = posterior.Sample(randn_like(posterior.Mean));
            sum += latents.sum().item<float>();
            squares += latents.Squared().sum().item<float>();
            count += latents.numel();
        }
        double mean = sum / count;
        return Math.Sqrt(squares / count - mean * mean);
    }

    private static EditSample Read(IEditDataset dataset, long index, long seed) =>
        dataset.Read(
            index,
            new CounterRandom(seed, RandomPurpose.Augmentation, index),
            new CounterRandom(seed, RandomPurpose.Phrasing, index)
        );
}
