using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using TorchSharp;

namespace InstructDiffusion.Engine.Tests.Editing;

public sealed class BatchIndependenceTests
{
    // Promised: 1e-5 of the latents' size, 1e-4 at least, and one grey level in the picture. Rounding is relative: a float of size s
    // stands for all within s * 6e-8, and k-diffusion's samplers hold latents in units of noise, 14.6 times a normal draw at the start,
    // of which the untrained reference takes little away. At size 88 neighbouring floats lie 7.6e-6 apart, so that 1e-4 were 13 of
    // them: too few for 6 steps whose guidance adds predictions up with weights of up to 6. Trained models' latents stay below 10.
    private const double LatentTolerance = 1e-4;
    private const double LargestOfTrained = 10;
    private const int GreyLevels = 1;

    public static TheoryData<SamplerKind> Samplers() =>
        [SamplerKind.Ddim, SamplerKind.EulerAncestralKDiffusion, SamplerKind.DpmSolverPlusPlus2M];

    [Theory]
    [MemberData(nameof(Samplers))]
    public void Step_WithStrangersJoiningAndLeaving_GivesWhatTheEditGivesAlone(SamplerKind sampler)
    {
        using LoadedModel model = ReferenceModel.Open();
        IEditPipeline pipeline = model.Pipeline;
        EditRequest request = ReferenceModel.Request(seed: 7, steps: 6) with { Sampler = sampler, Eta = 0.5 };
        using var alone = (DenoisingState)pipeline.Prepare(request);
        using var beside = (DenoisingState)pipeline.Prepare(request);
        using EditState early = pipeline.Prepare(
            request with
            {
                Seed = 8,
                Steps = 3,
                TextGuidanceScale = 7.5,
                ImageGuidanceScale = 0.5,
                Instruction = "a cat",
            }
        );
        using EditState late = pipeline.Prepare(
            request with
            {
                Seed = 9,
                Steps = 9,
                Sampler = SamplerKind.Euler,
                TextGuidanceScale = 0.5,
            }
        );

        while (!alone.IsDenoised)
        {
            pipeline.Step([alone]);
        }
        for (int step = 0; !beside.IsDenoised; step++)
        {
            var batch = new List<EditState>();
            if (!early.IsDenoised)
            {
                batch.Add(early); // leaves after its 3 steps
            }
            batch.Add(beside);
            if (step >= 2)
            {
                batch.Add(late); // joins in the middle
            }
            pipeline.Step(batch);
        }

        using var scope = torch.NewDisposeScope();
        float largest = alone.Latents.abs().max().item<float>();
        float difference = alone.Latents.sub(beside.Latents).abs().max().item<float>();
        Assert.True(
            difference <= LatentTolerance * Math.Max(1, largest / LargestOfTrained),
            $"latents of size {largest} differ by {difference} beside strangers"
        );
        int levels = TestImages.MaxDifference(pipeline.Finish(alone).Image, pipeline.Finish(beside).Image);
        Assert.True(levels <= GreyLevels, $"pictures differ by {levels} grey levels beside strangers");
    }

    [Fact]
    public void Prepare_SameSeedAmongStrangers_DrawsTheSameNoise()
    {
        using LoadedModel model = ReferenceModel.Open();
        using var first = (DenoisingState)model.Pipeline.Prepare(ReferenceModel.Request(seed: 5));
        using var stranger = (DenoisingState)model.Pipeline.Prepare(ReferenceModel.Request(seed: 6));
        using var again = (DenoisingState)model.Pipeline.Prepare(ReferenceModel.Request(seed: 5));

        Assert.Equal(first.Latents.data<float>().ToArray(), again.Latents.data<float>().ToArray());
        Assert.NotEqual(first.Latents.data<float>().ToArray(), stranger.Latents.data<float>().ToArray());
    }
}
