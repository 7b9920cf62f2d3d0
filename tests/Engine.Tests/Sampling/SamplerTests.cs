using FsCheck.Xunit;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tensors;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Sampling;

/// <summary>What holds for every sampler.</summary>
public sealed class SamplerTests
{
    private static readonly long[] Shape = [1, 4, 3, 2];

    // Ends at ᾱ = 1, so that a perfect model leaves no noise.
    private static readonly NoiseSchedule ToOne = new(new NoiseScheduleConfig { SetAlphaToOne = true });

    public static TheoryData<SamplerKind> Kinds => [.. KnownModel.Samplers];

    public static MatrixTheoryData<SamplerKind, PredictionType, bool> KindsAndDirectTypes =>
        new(KnownModel.Samplers, [PredictionType.Velocity, PredictionType.Original], [false, true]);

    public static MatrixTheoryData<SamplerKind, int> KindsAndSteps =>
        new(KnownModel.Samplers, [1, 2, 3, 7, 50, 501, 999]);

    public static MatrixTheoryData<SamplerKind, PredictionType> DeterministicKinds =>
        new(KnownModel.Deterministic, Enum.GetValues<PredictionType>());

    public static MatrixTheoryData<SamplerKind, PredictionType> StochasticKinds =>
        new(
            [.. KnownModel.Samplers.Except(KnownModel.Deterministic), SamplerKind.Ddim],
            Enum.GetValues<PredictionType>()
        );

    // Up to 500 steps, so that the last stride of a timestep sampler ends past the schedule, at ᾱ = 1.
    [Property(MaxTest = 100)]
    public void Run_WithTheTrueEpsilonOfAPicture_LandsOnIt(SamplerKind kind, byte stepSeed, byte etaSeed, int seed)
    {
        using var scope = NewDisposeScope();
        using var noise = new NoiseSource(seed);
        Tensor original = noise.Next(Shape);
        int steps = 1 + stepSeed % 60;
        using Sampler sampler = SamplerFactory.Create(kind, ToOne, steps, etaSeed / 255.0);

        Tensor result = KnownModel.RunTowards(original, kind, ToOne, sampler, noise);

        Fixture.AssertClose(result, original, 2e-5, $"property/{kind}-{steps}-{seed}");
    }

    [Theory]
    [MemberData(nameof(KindsAndDirectTypes))]
    public void Run_WithTheTrueVelocityOrOriginalOfAPicture_LandsOnIt(
        SamplerKind kind,
        PredictionType type,
        bool zeroTerminalSnr
    )
    {
        using var scope = NewDisposeScope();
        using var noise = new NoiseSource(3);
        Tensor original = noise.Next(Shape);
        // PLMS extrapolates v itself, as diffusers does; v is constant along the way only for a single step.
        int steps = kind == SamplerKind.Plms && type == PredictionType.Velocity ? 1 : 20;
        NoiseSchedule schedule = ToOneOf(type, zeroTerminalSnr);
        using Sampler sampler = SamplerFactory.Create(kind, schedule, steps);

        Tensor result = KnownModel.RunTowards(original, kind, schedule, sampler, noise);

        Fixture.AssertClose(result, original, 2e-5, $"property/{type}-{kind}-{zeroTerminalSnr}");
    }

    [Theory]
    [MemberData(nameof(KindsAndSteps))]
    public void Run_OfAnyStepCount_IsFiniteAndCloseToThePicture(SamplerKind kind, int steps)
    {
        using var scope = NewDisposeScope();
        using var noise = new NoiseSource(steps);
        Tensor original = noise.Next(Shape);
        using Sampler sampler = SamplerFactory.Create(kind, ToOne, steps);

        Tensor result = KnownModel.RunTowards(original, kind, ToOne, sampler, noise);

        Assert.Equal(kind == SamplerKind.Plms && steps > 1 ? steps + 1 : steps, sampler.Timesteps.Count);
        Assert.All(sampler.Timesteps, t => Assert.InRange(t, 0, 999));
        Assert.Equal(sampler.Timesteps.OrderDescending(), sampler.Timesteps);
        // At a stride of 1 the timestep samplers end at 0, with √(1−ᾱ₀) = 0.03 of noise: four standard deviations of it.
        Fixture.AssertClose(result, original, steps > 500 ? 4 * 0.03 : 2e-5, $"steps/{kind}-{steps}");
    }

    [Theory]
    [MemberData(nameof(DeterministicKinds))]
    public void Run_OnGaussianData_FollowsTheProbabilityFlow(SamplerKind kind, PredictionType type)
    {
        using var scope = NewDisposeScope();
        NoiseSchedule schedule = ToOneOf(type);
        using Sampler sampler = SamplerFactory.Create(kind, schedule, 100);
        Tensor start = ones(Shape);

        Tensor result = KnownModel.RunOnGaussian(kind, schedule, sampler, new RecordedNoise(start.unsqueeze(0)), Shape);

        // The flow of N(0, 1) data keeps x/√(1+σ²); at σ = 0 that is x.
        double sigma = KnownModel.Sigma(kind, schedule, sampler, 0);
        double signal = KnownModel.Signal(kind, schedule, sampler, 0);
        double expected = sampler.InitialNoiseScale / signal / Math.Sqrt(1 + sigma * sigma);
        Fixture.AssertClose(result, start * expected, 0.03, $"flow/{kind}-{type}");
    }

    [Theory]
    [MemberData(nameof(StochasticKinds))]
    public void Run_OnGaussianData_KeepsTheirVariance(SamplerKind kind, PredictionType type)
    {
        using var scope = NewDisposeScope();
        using var noise = new NoiseSource(11);
        NoiseSchedule schedule = ToOneOf(type);
        using Sampler sampler = SamplerFactory.Create(kind, schedule, 200, eta: 1);

        Tensor result = KnownModel.RunOnGaussian(kind, schedule, sampler, noise, [1, 4, 64, 64]);

        Assert.InRange(result.std().item<float>(), 0.95, 1.05);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Step_Always_LeavesItsArgumentsAsTheyWere(SamplerKind kind)
    {
        using var scope = NewDisposeScope();
        using var noise = new NoiseSource(1);
        using Sampler sampler = SamplerFactory.Create(kind, ToOne, 4, eta: 0.5);
        Tensor latents = noise.Next(Shape);
        Tensor output = noise.Next(Shape);
        float[] latentsBefore = latents.data<float>().ToArray();
        float[] outputBefore = output.data<float>().ToArray();

        for (int call = 0; call < sampler.Timesteps.Count; call++)
        {
            sampler.Step(call, latents, output, noise).zero_();
        }

        Assert.Equal(latentsBefore, latents.data<float>().ToArray());
        Assert.Equal(outputBefore, output.data<float>().ToArray());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Step_OfAWholeRun_LeavesOnlyItsResults(SamplerKind kind)
    {
        using var noise = new NoiseSource(1);
        using Tensor latents = noise.Next(Shape);
        using Tensor output = noise.Next(Shape);
        var results = new List<Tensor>();

        LeakAssert.Leaves(
            kind == SamplerKind.Plms ? 7 : 6,
            () =>
            {
                using Sampler sampler = SamplerFactory.Create(kind, ToOne, 6, eta: 0.5);
                for (int call = 0; call < sampler.Timesteps.Count; call++)
                {
                    results.Add(sampler.Step(call, latents, output, noise));
                }
                sampler.Dispose();
            }
        );

        results.ForEach(result => result.Dispose());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Run_BesideAnotherOfTheSameKind_IsThatOfItsOwn(SamplerKind kind)
    {
        using var scope = NewDisposeScope();
        Tensor[] alone = [Run(seed: 1), Run(seed: 2)];
        NoiseSource[] noises = [new(1), new(2)];
        Sampler[] samplers = [Create(), Create()];
        Tensor[] latents = [noises[0].Next(Shape), noises[1].Next(Shape)];

        for (int call = 0; call < samplers[0].Timesteps.Count; call++)
        {
            for (int i = 0; i < 2; i++)
            {
                latents[i] = samplers[i].Step(call, latents[i], latents[i].sin(), noises[i]);
            }
        }

        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(alone[i].data<float>().ToArray(), latents[i].data<float>().ToArray());
            samplers[i].Dispose();
            noises[i].Dispose();
        }

        Sampler Create() => SamplerFactory.Create(kind, ToOne, 6, eta: 0.5);

        Tensor Run(long seed)
        {
            using var noise = new NoiseSource(seed);
            using Sampler sampler = Create();
            Tensor x = noise.Next(Shape);
            for (int call = 0; call < sampler.Timesteps.Count; call++)
            {
                x = sampler.Step(call, x, x.sin(), noise);
            }
            return x;
        }
    }

    [Property(MaxTest = 30)]
    public void Step_OfDdimAtEtaZero_DrawsNoNoise(byte stepSeed, byte callSeed)
    {
        using var scope = NewDisposeScope();
        int steps = 1 + stepSeed;
        using Sampler sampler = SamplerFactory.Create(SamplerKind.Ddim, ToOne, steps, eta: 0);
        var noise = new RecordedNoise(null);

        sampler.Step(callSeed % steps, ones(Shape), ones(Shape), noise);

        Assert.Equal(0, noise.Draws);
    }

    [Theory]
    [InlineData(SamplerKind.Lms)]
    [InlineData(SamplerKind.Plms)]
    [InlineData(SamplerKind.DpmSolverPlusPlus2M)]
    [InlineData(SamplerKind.DpmSolverPlusPlus2MSde)]
    public void Step_OfAMultistepSamplerOutOfOrder_SaysWhichCallItExpects(SamplerKind kind)
    {
        using var scope = NewDisposeScope();
        using var noise = new NoiseSource(1);
        using Sampler sampler = SamplerFactory.Create(kind, ToOne, 5);
        Tensor latents = ones(Shape);
        sampler.Step(0, latents, latents, noise);

        var skipped = Assert.Throws<ArgumentException>(() => sampler.Step(2, latents, latents, noise));
        var repeated = Assert.Throws<ArgumentException>(() => sampler.Step(0, latents, latents, noise));

        Assert.Contains("expects call 1 next, got 2", skipped.Message, StringComparison.Ordinal);
        Assert.Contains("expects call 1 next, got 0", repeated.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public void StepAndInputScale_OfACallOutOfRange_NameTheRange(int call)
    {
        using var scope = NewDisposeScope();
        using var noise = new NoiseSource(1);
        using Sampler sampler = SamplerFactory.Create(SamplerKind.Euler, ToOne, 5);
        Tensor latents = ones(Shape);

        var step = Assert.Throws<ArgumentOutOfRangeException>(() => sampler.Step(call, latents, latents, noise));
        var scale = Assert.Throws<ArgumentOutOfRangeException>(() => sampler.InputScale(call));

        Assert.Contains($"expected 0…4, got {call}", step.Message, StringComparison.Ordinal);
        Assert.Contains($"expected 0…4, got {call}", scale.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Step_OfUnfitTensors_NamesThem()
    {
        using var scope = NewDisposeScope();
        using var noise = new NoiseSource(1);
        using Sampler sampler = SamplerFactory.Create(SamplerKind.Ddim, ToOne, 5);
        Tensor latents = ones(Shape);

        Assert.Contains(
            "[1, 4, 3, 2] and [1, 4, 2, 3]",
            Assert.Throws<ArgumentException>(() => sampler.Step(0, latents, ones(1, 4, 2, 3), noise)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "expected Float32, got Float32 and Float64",
            Assert.Throws<ArgumentException>(() => sampler.Step(0, latents, latents.@double(), noise)).Message,
            StringComparison.Ordinal
        );
    }

    private static NoiseSchedule ToOneOf(PredictionType type, bool zeroTerminalSnr = false) =>
        new(
            new NoiseScheduleConfig
            {
                SetAlphaToOne = true,
                PredictionType = type,
                ZeroTerminalSnr = zeroTerminalSnr,
                Spacing = zeroTerminalSnr ? TimestepSpacing.Trailing : TimestepSpacing.Leading,
            }
        );
}
