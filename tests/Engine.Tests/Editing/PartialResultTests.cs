using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;
using TorchSharp;

namespace InstructDiffusion.Engine.Tests.Editing;

/// <summary>An edit that is decoded before its last step.</summary>
public sealed class PartialResultTests
{
    public static TheoryData<SamplerKind> Samplers => [.. Enum.GetValues<SamplerKind>()];

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Finish_BeforeTheLastStep_GivesTheEstimateAndSaysSo(SamplerKind sampler)
    {
        using LoadedModel model = ReferenceModel.Open();
        using EditState state = model.Pipeline.Prepare(ReferenceModel.Request(steps: 5) with { Sampler = sampler });
        model.Pipeline.Step([state]);
        model.Pipeline.Step([state]);

        EditResult result = model.Pipeline.Finish(state);

        Assert.Equal((EditFinish.Deadline, 2), (result.Finish, result.StepsDone));
        Assert.Equal((80, 64), (result.Image.Width, result.Image.Height));
    }

    [Fact]
    public void Finish_AfterTheLastStep_IsCompleted()
    {
        using LoadedModel model = ReferenceModel.Open();

        EditResult result = ((EditPipeline)model.Pipeline).Run(ReferenceModel.Request(steps: 2));

        Assert.Equal((EditFinish.Completed, 2), (result.Finish, result.StepsDone));
    }

    [Fact]
    public void Finish_BeforeAnyStep_IsRefused()
    {
        using LoadedModel model = ReferenceModel.Open();
        using EditState state = model.Pipeline.Prepare(ReferenceModel.Request());

        Assert.Throws<InvalidOperationException>(() => model.Pipeline.Finish(state));
    }

    [Theory]
    [MemberData(nameof(Samplers))]
    public void PredictLatents_WithTheLastStepsOutput_IsWhatTheSamplerEndsAt(SamplerKind sampler)
    {
        // Without stochastic parts a sampler's last step goes all the way to the estimate (to the schedule's end for those in
        // timesteps, which is not quite without noise).
        using LoadedModel model = ReferenceModel.Open();
        using var state = (DenoisingState)
            model.Pipeline.Prepare(ReferenceModel.Request(steps: 8) with { Sampler = sampler });
        while (!state.IsDenoised)
        {
            model.Pipeline.Step([state]);
        }

        using var scope = torch.NewDisposeScope();
        double apart = state.PredictLatents().sub(state.Latents).abs().mean().item<float>();
        double size = state.Latents.abs().mean().item<float>();

        Assert.True(apart < 0.1 * size, $"the estimate is {apart} away from latents of size {size}");
    }
}
