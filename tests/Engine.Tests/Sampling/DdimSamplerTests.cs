using System.Text.Json;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Sampling;

public sealed class DdimSamplerTests
{
    private const string File = "scheduler_ddim.safetensors";

    private static readonly JsonElement Entry = Fixture.Default.Entry(File);
    private static readonly TensorFile Data = Fixture.Default.Tensors(File);
    private static readonly double Tolerance = Fixture.Default.Tolerance(File);

    public static TheoryData<int> Steps => [.. Entry.GetProperty("steps").EnumerateArray().Select(StepNumber)];

    public static TheoryData<int> StepCounts =>
        [
            .. Data
                .Names.Where(name => name.StartsWith('N') && name.EndsWith(".timesteps", StringComparison.Ordinal))
                .Select(name => int.Parse(name[1..name.IndexOf('.', StringComparison.Ordinal)])),
        ];

    [Theory]
    [MemberData(nameof(StepCounts))]
    [Trait("Kind", "Parity")]
    public void Timesteps_OfTheReference_AreEqual(int steps)
    {
        using Sampler sampler = Create(PredictionType.Epsilon, steps, eta: 0);

        Assert.Equal(Data.Doubles($"N{steps}.timesteps"), sampler.Timesteps);
        Assert.Equal(1, sampler.InitialNoiseScale);
        Assert.Equal(1, sampler.InputScale(steps - 1));
    }

    [Theory]
    [MemberData(nameof(Steps))]
    [Trait("Kind", "Parity")]
    public void Step_OfTheReference_IsClose(int number)
    {
        JsonElement step = Entry.GetProperty("steps").EnumerateArray().Single(s => StepNumber(s) == number);
        double eta = step.GetProperty("eta").GetDouble();
        using var scope = NewDisposeScope();
        string prefix = $"step{number}";
        using Sampler sampler = Create(TypeOf(step), step.GetProperty("N").GetInt32(), eta);
        int call = step.GetProperty("index").GetInt32();
        var noise = new RecordedNoise(eta > 0 ? Data.Tensor($"{prefix}.noise").unsqueeze(0) : null);

        Tensor next = sampler.Step(call, Data.Tensor($"{prefix}.sample"), Data.Tensor($"{prefix}.model_output"), noise);

        Assert.Equal(step.GetProperty("timestep").GetDouble(), sampler.Timesteps[call]);
        Fixture.AssertClose(next, Data.Tensor($"{prefix}.prev_sample"), Tolerance, $"scheduler_ddim/{prefix}");
    }

    [Theory]
    [MemberData(nameof(Steps))]
    [Trait("Kind", "Parity")]
    public void Prediction_OfTheReference_GivesTheOriginalSample(int number)
    {
        JsonElement step = Entry.GetProperty("steps").EnumerateArray().Single(s => StepNumber(s) == number);
        using var scope = NewDisposeScope();
        string prefix = $"step{number}";
        double alpha = Schedule(TypeOf(step)).AlphaCumprodAt(step.GetProperty("timestep").GetInt32());

        (Tensor original, _) = Prediction.AtAlpha(
            TypeOf(step),
            alpha,
            Data.Tensor($"{prefix}.sample"),
            Data.Tensor($"{prefix}.model_output")
        );

        Tensor expected = Data.Tensor($"{prefix}.pred_original_sample");
        Fixture.AssertClose(original, expected, Tolerance, $"scheduler_ddim/{prefix}.pred_original_sample");
    }

    [Theory]
    [InlineData("eta0", 0.0)]
    [InlineData("eta1", 1.0)]
    [Trait("Kind", "Parity")]
    public void Step_AlongTheReferenceTrajectory_IsClose(string tag, double eta)
    {
        using var scope = NewDisposeScope();
        Tensor outputs = Data.Tensor($"traj.{tag}.model_outputs");
        Tensor expected = Data.Tensor($"traj.{tag}.samples");
        int steps = (int)outputs.shape[0];
        var noise = new RecordedNoise(eta > 0 ? Data.Tensor($"traj.{tag}.noises") : null);
        using Sampler sampler = Create(PredictionType.Epsilon, steps, eta);

        Tensor latents = Data.Tensor($"traj.{tag}.start");
        for (int call = 0; call < steps; call++)
        {
            latents = sampler.Step(call, latents, outputs[call], noise);
            Fixture.AssertClose(latents, expected[call], Tolerance, $"scheduler_ddim/traj.{tag}[{call}]");
        }

        Assert.Equal(eta > 0 ? steps : 0, noise.Draws);
    }

    // The specification's figures are of the float64 schedule, diffusers' float32 one gives 3.4e-8 more at t = 1.
    [Theory]
    [InlineData(981, 961, 0.45446327)]
    [InlineData(1, -19, 0.02064832)]
    public void Step_AtEtaOne_AddsTheNoiseOfTheSpecification(int timestep, int previous, double sigma)
    {
        using var scope = NewDisposeScope();
        using Sampler sampler = Create(PredictionType.Epsilon, steps: 50, eta: 1);
        int call = sampler.Timesteps.ToList().IndexOf(timestep);
        Tensor zero = zeros(1, 4, 1, 1);

        Tensor next = sampler.Step(call, zero, zero, new RecordedNoise(ones([1, 1, 4, 1, 1])));

        Assert.Equal(previous, timestep - 20);
        Fixture.AssertClose(next, full_like(next, sigma), 4e-8, $"spec/ddim-sigma-{timestep}");
    }

    private static int StepNumber(JsonElement step) => step.GetProperty("step").GetInt32();

    private static PredictionType TypeOf(JsonElement step) => Schedules.TypeOf(step);

    private static NoiseSchedule Schedule(PredictionType type) => Schedules.Of(Entry.GetProperty("config"), type);

    private static Sampler Create(PredictionType type, int steps, double eta) =>
        SamplerFactory.Create(SamplerKind.Ddim, Schedule(type), steps, eta);
}
