using System.Text.Json;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Sampling;

/// <summary>The k-diffusion forms against runs of the authors' edit script and the specification's figures.</summary>
public sealed class KDiffusionTests
{
    public static TheoryData<string> Runs =>
        [
            .. Fixture
                .Default.Manifest.EnumerateObject()
                .Select(file => file.Name)
                .Where(name => name.StartsWith("k_diffusion/", StringComparison.Ordinal)),
        ];

    [Theory]
    [MemberData(nameof(Runs))]
    [Trait("Kind", "Parity")]
    public void Run_OfTheReference_IsClose(string file)
    {
        using var scope = NewDisposeScope();
        JsonElement entry = Fixture.Default.Entry(file);
        TensorFile data = Fixture.Default.Tensors(file);
        double atol = Fixture.Default.Tolerance(file, "x_before_step");
        int steps = entry.GetProperty("steps").GetInt32();
        bool ancestral = entry.GetProperty("what").GetString()!.Contains("ancestral", StringComparison.Ordinal);
        using Sampler sampler = SamplerFactory.Create(
            ancestral ? SamplerKind.EulerAncestralKDiffusion : SamplerKind.EulerKDiffusion,
            Schedules.ReferenceModel,
            steps
        );
        double[] sigmas = data.Doubles("sigmas");
        Tensor before = data.Tensor("x_before_step");
        Tensor denoised = data.Tensor("denoised");
        var noise = new RecordedNoise(ancestral ? data.Tensor("noises") : null);

        Tensor latents = data.Tensor("start_noise") * sampler.InitialNoiseScale;
        for (int call = 0; call < steps; call++)
        {
            Fixture.AssertClose(latents, before[call], atol, $"{file}/x_before_step[{call}]");
            Tensor epsilon = (latents - denoised[call]) / sigmas[call];
            latents = sampler.Step(call, latents, epsilon, noise);
        }

        Fixture.AssertClose(
            latents,
            data.Tensor("final_latents"),
            Fixture.Default.Tolerance(file, "final_latents"),
            $"{file}/final_latents"
        );
        // The reference computes both in float32.
        Fixture.AssertClose(
            [.. sampler.Timesteps],
            data.Doubles("timesteps_fractional"),
            1e-4,
            $"{file}/timesteps_fractional"
        );
        Fixture.AssertClose(
            [.. Enumerable.Range(0, steps).Select(call => Math.Sqrt(1 / Math.Pow(sampler.InputScale(call), 2) - 1))],
            sigmas.AsSpan(0, steps),
            5e-6,
            $"{file}/sigmas"
        );
        Assert.Equal(ancestral ? steps - 1 : 0, noise.Draws);
    }

    [Fact]
    public void ForKDiffusion_OfAHundredSteps_HasTheSpecificationsSigmas()
    {
        double[] sigmas = SigmaGrid.ForKDiffusion(Schedules.StableDiffusion, 100, karras: false).Sigmas;

        Assert.Equal(101, sigmas.Length);
        Fixture.AssertClose(sigmas.AsSpan(0, 3), [14.61464123, 13.75248565, 12.95243251], 6e-9, "spec/sigmas100-first");
        Fixture.AssertClose(sigmas.AsSpan(97), [0.13861570, 0.09869489, 0.02916716, 0], 6e-9, "spec/sigmas100-last");
    }

    [Fact]
    public void Interpolation_OfFiftySteps_DiffersAsTheSpecificationSays()
    {
        double[] logarithmic = SigmaGrid.ForKDiffusion(Schedules.StableDiffusion, 50, karras: false).Sigmas;
        double[] linear =
        [
            .. new[] { 1, 2 }.Select(i => Schedules.StableDiffusion.Exact.SigmaAt((3 - i) * 999.0 / 49)),
        ];

        Fixture.AssertClose(logarithmic.AsSpan(0, 3), [14.61464, 12.93672, 11.49161], 6e-6, "spec/sigmas50-first");
        Fixture.AssertClose(logarithmic.AsSpan(47), [0.201176, 0.139327, 0.029167, 0], 6e-7, "spec/sigmas50-last");
        Fixture.AssertClose(linear, [0.201179, 0.139337], 6e-7, "spec/sigmas50-linear");
    }

    [Theory]
    [InlineData(0, 4.65364809, 12.94119087)]
    [InlineData(50, 0.39125442, 1.48558789)]
    [InlineData(98, 0.02786438, 0.00861973)]
    [InlineData(99, 0, 0)]
    public void Step_OfAHundred_GoesDownAndUpAsTheSpecificationSays(int call, double up, double down)
    {
        using var scope = NewDisposeScope();
        using Sampler sampler = SamplerFactory.Create(
            SamplerKind.EulerAncestralKDiffusion,
            Schedules.StableDiffusion,
            100
        );
        double sigma = SigmaGrid.ForKDiffusion(Schedules.StableDiffusion, 100, karras: false).Sigmas[call];
        Tensor zero = zeros(1, 4, 1, 1);
        Tensor one = ones(1, 4, 1, 1);
        RecordedNoise Noise(Tensor draw) => new(call == 99 ? null : draw.unsqueeze(0));

        Tensor noiseOnly = sampler.Step(call, zero, zero, Noise(one));
        // Latents σ·ε of ε = 1 hold x₀ = 0, so what is left is σ_down.
        Tensor epsilonOnly = sampler.Step(call, one * sigma, one, Noise(zero));

        Fixture.AssertClose(noiseOnly, one * up, 1e-6, $"spec/up[{call}]");
        Fixture.AssertClose(epsilonOnly, one * down, 1e-6, $"spec/down[{call}]");
    }
}
