using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Sampling;

public sealed class NoiseScheduleTests
{
    private const string DdimFile = "scheduler_ddim.safetensors";
    private const string LdmFile = "ldm/schedule_buffers.safetensors";

    // What the manifest says of the float64 buffers of ldm, and of diffusers' float32 product.
    private const double Relative = 1e-6;

    private static readonly TensorFile Ddim = Fixture.Default.Tensors(DdimFile);
    private static readonly TensorFile Ldm = Fixture.Default.Tensors(LdmFile);
    private static readonly NoiseSchedule Schedule = Schedules.Of(
        Fixture.Default.Entry(DdimFile).GetProperty("config")
    );

    public static TheoryData<string> LdmBuffers => [.. Ldm.Names];

    [Theory]
    [MemberData(nameof(LdmBuffers))]
    [Trait("Kind", "Parity")]
    public void Tables_AgainstLdmsBuffers_AreClose(string buffer)
    {
        int first = 0;
        IEnumerable<int> timesteps = Enumerable.Range(0, Schedule.TrainTimesteps);
        IEnumerable<double> alphas = Schedule.Exact.AlphasCumprod;
        double[] actual = buffer switch
        {
            "betas" => [.. Schedule.Betas],
            "alphas_cumprod" => [.. alphas],
            "alphas_cumprod_prev" => [1, .. alphas.SkipLast(1)],
            "sqrt_alphas_cumprod" => [.. alphas.Select(Math.Sqrt)],
            "sqrt_one_minus_alphas_cumprod" => [.. alphas.Select(a => Math.Sqrt(1 - a))],
            "log_one_minus_alphas_cumprod" => [.. alphas.Select(a => Math.Log(1 - a))],
            "sqrt_recip_alphas_cumprod" => [.. alphas.Select(a => Math.Sqrt(1 / a))],
            "sqrt_recipm1_alphas_cumprod" => [.. Schedule.Exact.Sigmas],
            "posterior_mean_coef1" => [.. timesteps.Select(t => Posterior(t).OfOriginal)],
            "posterior_mean_coef2" => [.. timesteps.Select(t => Posterior(t).OfNoisy)],
            "posterior_variance" => [.. timesteps.Select(t => Posterior(t).Variance)],
            "posterior_log_variance_clipped" => [.. timesteps.Select(t => Math.Log(Posterior(t).Variance))],
            _ => throw new InvalidDataException($"{LdmFile} holds {buffer}, which this test does not know"),
        };
        if (string.Equals(buffer, "posterior_log_variance_clipped", StringComparison.Ordinal))
        {
            // Element 0 is log 0, for which ldm puts an arbitrary small number.
            first = 1;
        }

        AssertRelative(actual[first..], Ldm.Doubles(buffer)[first..], $"schedule_buffers/{buffer}");
    }

    // The figures follow from Stable Diffusion's first and last level, √0.99915 and √0.0046601 (Lin et al. 2024, algorithm 1).
    [Fact]
    public void Tables_OfZeroTerminalSnr_KeepTheFirstLevelAndLoseTheLast()
    {
        var stretched = new NoiseSchedule(
            new NoiseScheduleConfig { PredictionType = PredictionType.Velocity, ZeroTerminalSnr = true }
        );

        foreach (NoiseTable table in (NoiseTable[])[stretched.Exact, stretched.Diffusers])
        {
            Assert.Equal(0.99915, table.AlphasCumprod[0], 1e-6);
            Assert.Equal(0, table.AlphasCumprod[^1]);
            double middle = Math.Sqrt(Schedule.Exact.AlphasCumprod[500]);
            double expected = (middle - Math.Sqrt(0.0046601)) / (1 - Math.Sqrt(0.0046601 / 0.99915));
            Assert.Equal(expected, Math.Sqrt(table.AlphasCumprod[500]), 1e-5);
            Assert.All(table.Sigmas, sigma => Assert.InRange(sigma, 0, 4096));
        }
        Assert.Equal(1, stretched.Betas[^1]);
    }

    [Fact]
    [Trait("Kind", "Parity")]
    public void Tables_AgainstDiffusers_AreClose()
    {
        AssertRelative([.. Schedule.Betas], Ddim.Doubles("betas"), "scheduler_ddim/betas");
        AssertRelative(
            [.. Schedule.Diffusers.AlphasCumprod],
            Ddim.Doubles("alphas_cumprod"),
            "scheduler_ddim/alphas_cumprod"
        );
        AssertRelative([Schedule.FinalAlphaCumprod], Ddim.Doubles("final_alpha_cumprod"), "scheduler_ddim/final_alpha");
    }

    [Fact]
    [Trait("Kind", "Parity")]
    public void AlphaCumprodAt_TimestepsAndTheirPredecessors_AreClose()
    {
        int checkedGrids = 0;
        foreach (string name in Ddim.Names.Where(name => name.StartsWith('N')))
        {
            if (!name.EndsWith(".timesteps", StringComparison.Ordinal))
            {
                continue;
            }
            string grid = name[..name.IndexOf('.', StringComparison.Ordinal)];
            int stride = Schedule.TrainTimesteps / int.Parse(grid[1..]);
            int[] timesteps = Array.ConvertAll(Ddim.Longs(name), t => (int)t);

            AssertRelative(
                Array.ConvertAll(timesteps, Schedule.AlphaCumprodAt),
                Ddim.Doubles($"{grid}.alphas_cumprod"),
                $"scheduler_ddim/{grid}.alphas_cumprod"
            );
            AssertRelative(
                Array.ConvertAll(timesteps, t => Schedule.AlphaCumprodAt(t - stride)),
                Ddim.Doubles($"{grid}.prev_alphas_cumprod"),
                $"scheduler_ddim/{grid}.prev_alphas_cumprod"
            );
            checkedGrids++;
        }
        Assert.True(checkedGrids > 0, $"{DdimFile} holds no timestep grid");
    }

    [Theory]
    [InlineData(0, 0.0008500000, 0.9991500000, 0.02916716)]
    [InlineData(1, 0.0008546987, 0.9982960278, 0.04131441)]
    [InlineData(20, 0.0009464338, 0.9813143622, 0.13799072)]
    [InlineData(100, 0.0013839726, 0.8942234776, 0.34393123)]
    [InlineData(250, 0.0024277610, 0.6737926252, 0.69579894)]
    [InlineData(500, 0.0048149541, 0.2763326838, 1.61827883)]
    [InlineData(750, 0.0080115793, 0.0561698480, 4.09916405)]
    [InlineData(981, 0.0116847555, 0.0057755001, 13.12041074)]
    [InlineData(999, 0.0120000000, 0.0046600985, 14.61464123)]
    public void Tables_OfTheSpecification_AreEqual(int t, double beta, double alpha, double sigma)
    {
        NoiseSchedule schedule = Schedules.StableDiffusion;

        Assert.Equal(beta, schedule.Betas[t], 5e-11);
        Assert.Equal(alpha, schedule.Exact.AlphasCumprod[t], 5e-11);
        Assert.Equal(sigma, schedule.Exact.Sigmas[t], 6e-9);
    }

    [Fact]
    [Trait("Kind", "Parity")]
    public void AddNoise_AndVelocityTarget_OfTheReference_AreClose()
    {
        using var scope = NewDisposeScope();
        Tensor original = Ddim.Tensor("add_noise.x0");
        Tensor noise = Ddim.Tensor("add_noise.noise");
        long[] timesteps = Ddim.Longs("add_noise.t");
        double atol = Fixture.Default.Tolerance(DdimFile);

        Tensor noisy = Schedule.AddNoise(original, noise, timesteps);
        Tensor velocity = Schedule.VelocityTarget(original, noise, timesteps);

        Fixture.AssertClose(noisy, Ddim.Tensor("add_noise.noisy"), atol, "scheduler_ddim/add_noise.noisy");
        Fixture.AssertClose(velocity, Ddim.Tensor("add_noise.velocity"), atol, "scheduler_ddim/add_noise.velocity");
    }

    [Fact]
    public void AddNoise_BadTimesteps_AreNamed()
    {
        using var scope = NewDisposeScope();
        Tensor original = zeros(2, 4, 1, 1);

        var tooFew = Assert.Throws<ArgumentException>(() => Schedule.AddNoise(original, original, [1]));
        var tooLate = Assert.Throws<ArgumentOutOfRangeException>(() =>
            Schedule.AddNoise(original, original, [1, 1000])
        );

        Assert.Contains("got 1", tooFew.Message, StringComparison.Ordinal);
        Assert.Contains("got 1000 in row 1", tooLate.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddNoise_LeavesOneTensor()
    {
        using Tensor original = zeros(2, 4, 1, 1);
        Tensor? result = null;

        LeakAssert.Leaves(1, () => result = Schedule.AddNoise(original, original, [1, 2]));

        result!.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.25)]
    [InlineData(517.5)]
    [InlineData(999)]
    public void TimestepAt_OfLogInterpolatedSigma_IsItsInverse(double timestep)
    {
        NoiseSchedule schedule = Schedules.StableDiffusion;

        Assert.Equal(timestep, schedule.Exact.TimestepAt(schedule.Exact.LogInterpolatedSigmaAt(timestep)), 1e-9);
    }

    [Theory]
    [InlineData(1e-9, 0)]
    [InlineData(1e9, 999)]
    public void TimestepAt_BeyondTheTable_IsItsEnd(double sigma, double timestep) =>
        Assert.Equal(timestep, Schedules.StableDiffusion.Exact.TimestepAt(sigma));

    [Fact]
    public void SigmaAt_BetweenAndBeyond_InterpolatesAndClamps()
    {
        NoiseSchedule schedule = Schedules.StableDiffusion;

        Assert.Equal(
            0.75 * schedule.Exact.Sigmas[7] + 0.25 * schedule.Exact.Sigmas[8],
            schedule.Exact.SigmaAt(7.25),
            1e-15
        );
        Assert.Equal(schedule.Exact.Sigmas[999], schedule.Exact.SigmaAt(5000));
        Assert.Equal(schedule.Exact.Sigmas[0], schedule.Exact.SigmaAt(-1));
    }

    [Theory]
    [InlineData(BetaSchedule.Linear, 0.0001, 0.02)]
    [InlineData(BetaSchedule.SquaredCosine, 0.0001, 0.02)]
    public void Tables_OfOtherBetaSchedules_FallFromNearOneToNearZero(BetaSchedule kind, double start, double end)
    {
        var schedule = new NoiseSchedule(
            new NoiseScheduleConfig
            {
                BetaSchedule = kind,
                BetaStart = start,
                BetaEnd = end,
                SetAlphaToOne = true,
            }
        );

        Assert.True(schedule.Exact.AlphasCumprod[0] > 0.999);
        Assert.True(schedule.Exact.AlphasCumprod[^1] is > 0 and < 1e-4);
        Assert.All(
            schedule.Exact.AlphasCumprod.Zip(schedule.Exact.AlphasCumprod.Skip(1)),
            pair => Assert.True(pair.Second < pair.First)
        );
        Assert.Equal(1, schedule.FinalAlphaCumprod);
    }

    private static Posterior Posterior(int t) =>
        Engine.Sampling.Posterior.Between(
            Schedule.Exact.AlphasCumprod[t],
            t == 0 ? 1 : Schedule.Exact.AlphasCumprod[t - 1]
        );

    private static void AssertRelative(double[] actual, double[] expected, string name)
    {
        // |a − e| ≤ 1e-6·|e|, as a comparison of ratios; zeros must be zeros.
        double[] ratios = [.. actual.Zip(expected, (a, e) => a.Equals(e) ? 1 : a / e)];
        Fixture.AssertClose(ratios, Array.ConvertAll(expected, _ => 1.0), Relative, name);
    }
}
