using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Stages;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

/// <summary>Drop-out and loss beyond what the reference data hold.</summary>
public sealed class TrainingStageTests
{
    [Fact]
    public void Apply_InstructDiffusionsRule_NeverDropsBoth()
    {
        using var scope = NewDisposeScope();
        Tensor random = tensor(new[] { 0f, 0.0749f, 0.075f, 0.1499f, 0.15f, 0.9f });
        Tensor context = ones(6, 3, 2);
        Tensor nullContext = full([1, 3, 2], 9);
        Tensor latents = ones(6, 4, 2, 2);

        (Tensor dropped, Tensor image) = ConditioningDropout.InstructDiffusion.Apply(
            random,
            context,
            nullContext,
            latents
        );

        Assert.Equal([9, 9, 1, 1, 1, 1], dropped.select(2, 1).select(1, 2).data<float>().ToArray());
        Assert.Equal([1, 1, 0, 0, 1, 1], image.flatten(1).select(1, 15).data<float>().ToArray());
        LeakAssert.Leaves(2, () => ConditioningDropout.InstructDiffusion.Apply(random, context, nullContext, latents));
    }

    [Fact]
    public void Apply_ShapesThatDoNotAgree_AreRefused()
    {
        using var scope = NewDisposeScope();
        ConditioningDropout dropout = ConditioningDropout.Of(GuidanceFamily.InstructPix2Pix);

        Assert.Throws<ArgumentException>(() => dropout.Apply(rand(2), ones(3, 3, 2), ones(1, 3, 2), ones(3, 4, 2, 2)));
        Assert.Throws<ArgumentException>(() => dropout.Apply(rand(3), ones(3, 3, 2), ones(1, 4, 2), ones(3, 4, 2, 2)));
    }

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
    public void PerSample_PredictionOfAnotherShape_IsRefused()
    {
        using var scope = NewDisposeScope();
        var loss = new DiffusionLoss(new NoiseSchedule(new NoiseScheduleConfig()));
        Tensor latents = zeros(1, 4, 2, 2);

        Assert.Throws<ArgumentException>(() => loss.PerSample(zeros(1, 4, 2, 1), latents, latents, [1]));
        LeakAssert.Leaves(1, () => loss.PerSample(latents, latents, latents, [1]));
    }
}
