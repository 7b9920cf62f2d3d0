using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Stages;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

public sealed class ConditioningDropoutParityTests
{
    [Theory]
    [InlineData(GuidanceFamily.InstructPix2Pix, "dropout")]
    [InlineData(GuidanceFamily.InstructDiffusion, "dropout_instructdiffusion")]
    public void Masks_OfAFamily_AreTheReferences(GuidanceFamily family, string prefix)
    {
        using var scope = NewDisposeScope();
        TensorFile data = Fixture.Default.Tensors("training_tiny.safetensors");
        ConditioningDropout dropout = ConditioningDropout.Of(family);
        Tensor random = data.Tensor("dropout.random");

        Check(dropout.NullTextMask(random), $"{prefix}.null_prompt_mask");
        Check(dropout.KeepImageMask(random), $"{prefix}.keep_image_mask");

        void Check(Tensor actual, string name)
        {
            Tensor expected = data.Tensor(name).view_as(actual);
            Fixture.AssertClose(actual, expected, 0, $"training_tiny/{name}");
        }
    }
}
