using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Engine.Tests.Sampling;

public sealed class SamplerFactoryTests
{
    private static readonly NoiseSchedule Schedule = Schedules.StableDiffusion;

    public static TheoryData<SamplerKind> Kinds => [.. KnownModel.Samplers];

    // The figures of Lin et al. 2024, table 2, and of diffusers' rounding.
    [Theory]
    [InlineData(TimestepSpacing.Trailing, 5, new double[] { 999, 799, 599, 399, 199 })]
    [InlineData(TimestepSpacing.Trailing, 7, new double[] { 999, 856, 713, 570, 428, 285, 142 })]
    [InlineData(TimestepSpacing.Leading, 5, new double[] { 801, 601, 401, 201, 1 })]
    [InlineData(TimestepSpacing.Leading, 7, new double[] { 853, 711, 569, 427, 285, 143, 1 })]
    [InlineData(TimestepSpacing.Linspace, 5, new double[] { 999, 749, 500, 250, 0 })]
    [InlineData(TimestepSpacing.Linspace, 1, new double[] { 0 })]
    public void Create_OfASpacing_HasItsTimesteps(TimestepSpacing spacing, int steps, double[] expected)
    {
        var options = new SamplerOptions { Spacing = spacing };

        using Sampler sampler = SamplerFactory.Create(SamplerKind.Ddim, Schedule, steps, 0, options);

        Assert.Equal(expected, sampler.Timesteps);
    }

    [Theory]
    [InlineData(SamplerKind.Ddim, 999)]
    [InlineData(SamplerKind.Plms, 999)]
    [InlineData(SamplerKind.Ddpm, 999)]
    public void Create_OfAModelThatSpacesItsTimesteps_DoesSo(SamplerKind kind, double first)
    {
        var schedule = new NoiseSchedule(new NoiseScheduleConfig { Spacing = TimestepSpacing.Trailing });

        using Sampler sampler = SamplerFactory.Create(kind, schedule, 5);

        Assert.Equal(first, sampler.Timesteps[0]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Create_OfMaxSteps_WorksAndOneMoreNamesTheMaximum(SamplerKind kind)
    {
        foreach (TimestepSpacing? spacing in (TimestepSpacing?[])[null, .. Enum.GetValues<TimestepSpacing>()])
        {
            if (IsKDiffusion(kind) && spacing is TimestepSpacing.Leading or TimestepSpacing.Trailing)
            {
                continue;
            }
            var options = new SamplerOptions { Spacing = spacing };
            int max = SamplerFactory.MaxSteps(kind, Schedule, options);
            using Sampler sampler = SamplerFactory.Create(kind, Schedule, max, 0, options);

            var error = Assert.Throws<ArgumentOutOfRangeException>(() =>
                SamplerFactory.Create(kind, Schedule, max + 1, 0, options)
            );

            Assert.InRange(max, 998, 1000);
            Assert.All(sampler.Timesteps, t => Assert.InRange(t, 0, 999));
            Assert.Contains($"{kind} takes 1…{max}", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(int.MaxValue)]
    public void Create_OfStepsOutOfRange_NamesThem(int steps)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() =>
            SamplerFactory.Create(SamplerKind.Ddim, Schedule, steps)
        );

        Assert.Equal("steps", error.ParamName);
        Assert.Contains($"got {steps}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.1)]
    [InlineData(double.NaN)]
    public void Create_OfEtaOutOfRange_NamesIt(double eta)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() =>
            SamplerFactory.Create(SamplerKind.Ddim, Schedule, 5, eta)
        );

        Assert.Equal("eta", error.ParamName);
    }

    [Theory]
    [InlineData(SamplerKind.Ddim)]
    [InlineData(SamplerKind.Plms)]
    [InlineData(SamplerKind.Ddpm)]
    public void Create_OfKarrasSigmasWithoutSigmas_SaysSo(SamplerKind kind)
    {
        var error = Assert.Throws<ArgumentException>(() =>
            SamplerFactory.Create(kind, Schedule, 5, 0, new SamplerOptions { KarrasSigmas = true })
        );

        Assert.Contains("no Karras sigmas", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_OfKDiffusionWithOtherSpacing_SaysSo()
    {
        var options = new SamplerOptions { Spacing = TimestepSpacing.Trailing };

        var error = Assert.Throws<ArgumentException>(() =>
            SamplerFactory.Create(SamplerKind.EulerKDiffusion, Schedule, 5, 0, options)
        );

        Assert.Contains("linspace timesteps only, got Trailing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_OfKDiffusionWithKarrasSigmas_KeepsBothEnds()
    {
        var options = new SamplerOptions { KarrasSigmas = true };

        using Sampler sampler = SamplerFactory.Create(SamplerKind.EulerKDiffusion, Schedule, 10, 0, options);

        Assert.Equal(999, sampler.Timesteps[0], 1e-9);
        Assert.Equal(0, sampler.Timesteps[^1], 1e-6);
        Assert.Equal(Schedule.Exact.Sigmas[^1], sampler.InitialNoiseScale, 1e-9);
    }

    [Fact]
    public void Create_OfAnUnknownKind_NamesIt()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() =>
            SamplerFactory.Create((SamplerKind)99, Schedule, 5)
        );

        Assert.Contains("99 is not a sampler", error.Message, StringComparison.Ordinal);
    }

    private static bool IsKDiffusion(SamplerKind kind) =>
        kind is SamplerKind.EulerKDiffusion or SamplerKind.EulerAncestralKDiffusion;
}
