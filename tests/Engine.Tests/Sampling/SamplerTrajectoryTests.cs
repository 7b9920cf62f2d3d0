using System.Text.Json;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Sampling;

/// <summary>diffusers' trajectories with recorded model outputs and noise, for every configuration of the reference data.</summary>
public sealed class SamplerTrajectoryTests
{
    private const string File = "scheduler_others.safetensors";

    private static readonly TensorFile Data = Fixture.Default.Tensors(File);
    private static readonly double Tolerance = Fixture.Default.Tolerance(File);

    public static TheoryData<string> Tags => [.. Trajectories.Select(t => t.GetProperty("tag").GetString()!)];

    private static IEnumerable<JsonElement> Trajectories =>
        Fixture.Default.Entry(File).GetProperty("trajectories").EnumerateArray();

    [Theory]
    [MemberData(nameof(Tags))]
    [Trait("Kind", "Parity")]
    public void Run_OfTheReference_IsClose(string tag)
    {
        JsonElement trajectory = Trajectories.Single(t =>
            string.Equals(t.GetProperty("tag").GetString(), tag, StringComparison.Ordinal)
        );
        using var scope = NewDisposeScope();
        using Sampler sampler = Create(trajectory);
        Tensor outputs = Data.Tensor($"{tag}.model_outputs");
        Tensor inputs = Data.Tensor($"{tag}.scaled_inputs");
        Tensor samples = Data.Tensor($"{tag}.samples");
        bool drawsNoise = Data.Has($"{tag}.noises") && !IsDeterministic(trajectory);
        var noise = new RecordedNoise(drawsNoise ? Data.Tensor($"{tag}.noises") : null);

        Fixture.AssertClose([.. sampler.Timesteps], Data.Doubles($"{tag}.timesteps"), Tolerance, $"{tag}.timesteps");
        Fixture.AssertClose(
            [sampler.InitialNoiseScale],
            [trajectory.GetProperty("init_noise_sigma").GetDouble()],
            Tolerance,
            $"{tag}.init_noise_sigma"
        );
        Tensor latents = Data.Tensor($"{tag}.start");
        for (int call = 0; call < sampler.Timesteps.Count; call++)
        {
            Fixture.AssertClose(latents * sampler.InputScale(call), inputs[call], Tolerance, $"{tag}.inputs[{call}]");
            latents = sampler.Step(call, latents, outputs[call], noise);
            Fixture.AssertClose(latents, samples[call], Tolerance, $"{tag}.samples[{call}]");
        }

        Assert.Equal(trajectory.GetProperty("steps").GetInt32(), sampler.Timesteps.Count);
        // diffusers also draws in the last step, whose noise has coefficient 0.
        int drawn = sampler.Timesteps.Count - 1;
        Assert.Equal(drawsNoise ? drawn : 0, noise.Draws);
    }

    // EulerDiscreteScheduler draws noise that it multiplies by 0.
    private static bool IsDeterministic(JsonElement trajectory) =>
        KindOf(trajectory)
            is not (SamplerKind.EulerAncestral or SamplerKind.DpmSolverPlusPlus2MSde or SamplerKind.Ddpm);

    private static Sampler Create(JsonElement trajectory)
    {
        JsonElement config = trajectory.GetProperty("config");
        var options = new SamplerOptions
        {
            Spacing = config.GetProperty("timestep_spacing").GetString() switch
            {
                "linspace" => TimestepSpacing.Linspace,
                "leading" => TimestepSpacing.Leading,
                "trailing" => TimestepSpacing.Trailing,
                string other => throw new InvalidDataException($"timestep_spacing {other}"),
                null => throw new InvalidDataException("timestep_spacing null"),
            },
            KarrasSigmas = config.TryGetProperty("use_karras_sigmas", out JsonElement karras) && karras.GetBoolean(),
        };
        int steps = trajectory.GetProperty("N").GetInt32();
        return SamplerFactory.Create(KindOf(trajectory), Schedules.Of(config), steps, eta: 0, options);
    }

    private static SamplerKind KindOf(JsonElement trajectory)
    {
        string scheduler = trajectory.GetProperty("scheduler").GetString()!;
        return scheduler switch
        {
            "EulerDiscreteScheduler" => SamplerKind.Euler,
            "EulerAncestralDiscreteScheduler" => SamplerKind.EulerAncestral,
            "LMSDiscreteScheduler" => SamplerKind.Lms,
            "PNDMScheduler" => SamplerKind.Plms,
            "DDPMScheduler" => SamplerKind.Ddpm,
            "DPMSolverMultistepScheduler" => trajectory
                .GetProperty("config")
                .GetProperty("algorithm_type")
                .GetString() switch
            {
                "dpmsolver++" => SamplerKind.DpmSolverPlusPlus2M,
                "sde-dpmsolver++" => SamplerKind.DpmSolverPlusPlus2MSde,
                string other => throw new InvalidDataException($"algorithm_type {other}"),
                null => throw new InvalidDataException("algorithm_type null"),
            },
            _ => throw new InvalidDataException($"scheduler {scheduler}"),
        };
    }
}
