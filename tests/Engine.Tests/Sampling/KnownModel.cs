using InstructDiffusion.Engine.Sampling;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Sampling;

/// <summary>Models whose perfect output is known in closed form, and a run of a sampler against them.</summary>
internal static class KnownModel
{
    /// <summary>Every sampler.</summary>
    public static SamplerKind[] Samplers => Enum.GetValues<SamplerKind>();

    /// <summary>Samplers that never draw noise (DDIM at η 0).</summary>
    public static SamplerKind[] Deterministic =>
        [
            SamplerKind.Ddim,
            SamplerKind.Euler,
            SamplerKind.EulerKDiffusion,
            SamplerKind.DpmSolverPlusPlus2M,
            SamplerKind.Lms,
            SamplerKind.Plms,
        ];

    /// <summary>σ of the latents x₀ + σ·ε that this sampler's latents are, after division by <see cref="Signal"/>.</summary>
    public static double Sigma(SamplerKind kind, NoiseSchedule schedule, Sampler sampler, int call) =>
        StepsInSigma(kind)
            ? Math.Sqrt(1 / Math.Pow(sampler.InputScale(call), 2) - 1)
            : schedule.Diffusers.Sigmas[(int)sampler.Timesteps[call]];

    /// <summary>The share of x₀ in this sampler's latents.</summary>
    public static double Signal(SamplerKind kind, NoiseSchedule schedule, Sampler sampler, int call) =>
        StepsInSigma(kind) ? 1 : Math.Sqrt(schedule.AlphaCumprodAt((int)sampler.Timesteps[call]));

    /// <summary>Runs a sampler to its end with the model that always knows <paramref name="original"/>.</summary>
    public static Tensor RunTowards(
        Tensor original,
        SamplerKind kind,
        NoiseSchedule schedule,
        Sampler sampler,
        Engine.Tensors.INoiseSource noise
    ) => Run(kind, schedule, sampler, noise, original.shape, (_, _) => original);

    /// <summary>Runs a sampler to its end with the perfect model of data that are N(0, 1), whose estimate of x₀ is √ᾱ·x.</summary>
    public static Tensor RunOnGaussian(
        SamplerKind kind,
        NoiseSchedule schedule,
        Sampler sampler,
        Engine.Tensors.INoiseSource noise,
        long[] shape
    ) => Run(kind, schedule, sampler, noise, shape, (seen, signal) => seen * signal);

    private static Tensor Run(
        SamplerKind kind,
        NoiseSchedule schedule,
        Sampler sampler,
        Engine.Tensors.INoiseSource noise,
        long[] shape,
        Func<Tensor, double, Tensor> estimate
    )
    {
        using var scope = NewDisposeScope();
        Tensor latents = noise.Next(shape) * sampler.InitialNoiseScale;
        for (int call = 0; call < sampler.Timesteps.Count; call++)
        {
            // As the model sees them: signal·x₀ + share·ε, of variance 1.
            double scale = sampler.InputScale(call);
            Tensor seen = latents * scale;
            double signal = Signal(kind, schedule, sampler, call) * scale;
            double share = Math.Sqrt(1 - signal * signal);
            Tensor original = estimate(seen, signal);
            Tensor epsilon = (seen - original * signal) / share;
            Tensor output = schedule.PredictionType switch
            {
                PredictionType.Epsilon => epsilon,
                PredictionType.Original => original,
                _ => epsilon * signal - original * share,
            };
            latents = sampler.Step(call, latents, output, noise);
        }
        return latents.MoveToOuterDisposeScope();
    }

    private static bool StepsInSigma(SamplerKind kind) =>
        kind
            is SamplerKind.Euler
                or SamplerKind.EulerAncestral
                or SamplerKind.EulerKDiffusion
                or SamplerKind.EulerAncestralKDiffusion
                or SamplerKind.Lms;
}
