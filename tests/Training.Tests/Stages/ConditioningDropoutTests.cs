using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Stages;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Stages;

public sealed class ConditioningDropoutTests
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
}
