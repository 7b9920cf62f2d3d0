using InstructDiffusion.Engine.Models.ClipSeg;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

public sealed class ClipSegParityTests
{
    private const string File = "adjuncts/clipseg.safetensors";

    [Fact]
    public void Forward_ReferencePicturesAndTexts_MatchesTransformers()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        ClipSegModel model = ReferenceModels.ClipSeg("adjuncts", "clipseg");
        TensorFile data = Fixture.Default.Tensors(File);
        double atol = Fixture.Default.Tolerance(File, "logits");

        Tensor condition = model.Condition(data.Tensor("input_ids"));
        Tensor logits = model.call(data.Tensor("pixel_values"), condition);

        Fixture.AssertClose(condition, data.Tensor("conditional_embeddings"), atol, "clipseg/conditional_embeddings");
        // The reference drops the batch side when it is 1.
        Fixture.AssertClose(logits, data.Tensor("logits").view_as(logits), atol, "clipseg/logits");
    }
}
