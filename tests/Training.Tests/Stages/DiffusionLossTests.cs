using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Stages;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Stages;

public sealed class DiffusionLossTests
{
    [Fact]
    public void PerSample_VelocityModel_IsZeroAtTheVelocity()
    {
        using var scope = NewDisposeScope();
        var schedule = new NoiseSchedule(new NoiseScheduleConfig { PredictionType = PredictionType.Velocity });
        var loss = new DiffusionLoss(schedule);
        Tensor latents = randn(2, 4, 3, 3);
        Tensor noise = randn(2, 4, 3, 3);
        long[] timesteps = [10, 900];
        Tensor velocity = schedule.VelocityTarget(latents, noise, timesteps);

        Tensor exact = loss.PerSample(velocity, latents, noise, timesteps);
        Tensor shifted = loss.PerSample(velocity + 2, latents, noise, timesteps);

        Assert.Equal([0, 0], exact.data<float>().ToArray());
        Assert.All(shifted.data<float>().ToArray(), error => Assert.Equal(4, error, 1e-5));
    }

    [Fact]
    public void PerSample_ModelOfTheCleanLatents_IsZeroAtThem()
    {
        using var scope = NewDisposeScope();
        var loss = new DiffusionLoss(
            new NoiseSchedule(new NoiseScheduleConfig { PredictionType = PredictionType.Original })
        );
        Tensor latents = randn(2, 4, 3, 3);
        Tensor noise = randn(2, 4, 3, 3);

        Assert.Equal([0, 0], loss.PerSample(latents, latents, noise, [10, 900]).data<float>().ToArray());
        Assert.All(
            loss.PerSample(latents + 2, latents, noise, [10, 900]).data<float>().ToArray(),
            error => Assert.Equal(4, error, 1e-5)
        );
    }

    [Fact]
    public void PerSample_PredictionOfAnotherShape_IsRefused()
    {
        using var scope = NewDisposeScope();
        var loss = new DiffusionLoss(new NoiseSchedule(new NoiseScheduleConfig()));
        Tensor latents = zeros(1, 4, 2, 2);

        Assert.Throws<ArgumentException>(() => loss.PerSample(zeros(1, 4, 2, 1), latents, latents, [1]));
        LeakAssert.Leaves(1, () => loss.PerSample(latents, latents, latents, [1]));
    }

    [Fact]
    public void PerSample_WithMinSnr_IsTheErrorTimesTheWeight()
    {
        using var scope = NewDisposeScope();
        var schedule = new NoiseSchedule(new NoiseScheduleConfig());
        Tensor latents = zeros(3, 4, 2, 2);
        Tensor noise = ones(3, 4, 2, 2);
        long[] timesteps = [0, 300, 999];
        var weighting = new MinSnrWeighting(schedule, 5);

        Tensor weighted = new DiffusionLoss(schedule, 5).PerSample(noise + 2, latents, noise, timesteps);

        float[] expected = [.. timesteps.Select(timestep => 4 * (float)weighting.At(timestep))];
        Assert.Equal(expected, weighted.data<float>().ToArray());
        LeakAssert.Leaves(1, () => new DiffusionLoss(schedule, 5).PerSample(noise, latents, noise, timesteps));
    }
}
