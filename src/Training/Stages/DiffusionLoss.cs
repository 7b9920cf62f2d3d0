using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Stages;

/// <summary>
/// Mean squared error of the UNet's prediction (Ho et al. 2020, eq. 14): of the noise, or of the velocity or the clean
/// latents for models that predict those. The noisy latents come from <see cref="NoiseSchedule.AddNoise"/> of the same schedule.
/// </summary>
/// <param name="schedule">The model's noise schedule.</param>
/// <param name="minSnrGamma">γ of <see cref="MinSnrWeighting"/>; null weighs all timesteps alike, as the paper's models.</param>
public sealed class DiffusionLoss(NoiseSchedule schedule, double? minSnrGamma = null)
{
    private readonly MinSnrWeighting? _weighting = minSnrGamma is { } gamma ? new(schedule, gamma) : null;

    /// <summary>The error of each sample, weighted if so asked, in fp32. The loss of the batch is their mean.</summary>
    /// <param name="prediction">[B, C, h, w] from the UNet, any floating precision.</param>
    /// <param name="latents">[B, C, h, w] what the noise was added to.</param>
    /// <param name="noise">[B, C, h, w] the noise.</param>
    /// <param name="timesteps">[B], 0…T−1.</param>
    /// <param name="places">[B, 1, h, w] weights of the places of each sample, e.g. <see cref="ChangeWeighting"/>; null for none.</param>
    /// <returns>[B] fp32, differentiable in <paramref name="prediction"/>, owned by the caller.</returns>
    /// <exception cref="ArgumentException">Shapes that do not agree.</exception>
    public Tensor PerSample(
        Tensor prediction,
        Tensor latents,
        Tensor noise,
        ReadOnlySpan<long> timesteps,
        Tensor? places = null
    )
    {
        ArgumentNullException.ThrowIfNull(prediction);
        ArgumentNullException.ThrowIfNull(latents);
        ArgumentNullException.ThrowIfNull(noise);
        if (!prediction.shape.SequenceEqual(noise.shape))
        {
            throw new ArgumentException(
                $"prediction: expected [{string.Join(", ", noise.shape)}], got [{string.Join(", ", prediction.shape)}]",
                nameof(prediction)
            );
        }
        using var scope = NewDisposeScope();
        Tensor target = schedule.PredictionType switch
        {
            PredictionType.Velocity => schedule.VelocityTarget(latents, noise, timesteps),
            PredictionType.Original => latents,
            _ => noise,
        };
        Tensor error = prediction.to(ScalarType.Float32).sub(target.to(ScalarType.Float32)).Squared();
        if (places is not null)
        {
            error = error.mul(places);
        }
        Tensor perSample = error.flatten(1).mean([1]);
        if (_weighting is not null)
        {
            float[] weights = [.. timesteps.ToArray().Select(timestep => (float)_weighting.At(timestep))];
            perSample = perSample.mul(tensor(weights, device: perSample.device));
        }
        return perSample.MoveToOuterDisposeScope();
    }
}
