using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

public sealed class ClipParityTests
{
    private const string File = "adjuncts/clip.safetensors";

    private static readonly TensorFile Data = Fixture.Default.Tensors(File);

    [Fact]
    public void Embeds_ReferencePicturesAndTexts_MatchTransformers()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        ClipModel clip = ReferenceModels.Clip("adjuncts", "clip");

        Tensor images = clip.ImageEmbeds(Data.Tensor("pixel_values"));
        Tensor texts = clip.TextEmbeds(Data.Tensor("input_ids"));

        Check(images, "image_embeds", "image_embeds");
        Check(texts, "text_embeds", "image_embeds");
        Check(ClipModel.Normalize(images), "image_embeds_normalised", "image_embeds");
        Check(ClipModel.Normalize(texts), "text_embeds_normalised", "image_embeds");
    }

    [Fact]
    public void Forward_ReferencePicturesAndTexts_GivesTransformersLogits()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        ClipModel clip = ReferenceModels.Clip("adjuncts", "clip");

        Tensor logits = clip.call(Data.Tensor("pixel_values"), Data.Tensor("input_ids"));

        Check(logits, "logits_per_image", "logits");
    }

    [Fact]
    public void VisionModel_Alone_MatchesTransformersStates()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        ClipVisionModel vision = ReferenceModels.ClipVision("adjuncts", "clip");

        Tensor states = vision.call(Data.Tensor("pixel_values"));

        Check(states, "vision.last_hidden_state", "logits");
        Check(vision.Pool(states), "vision.pooler_output", "logits");
    }

    private static void Check(Tensor actual, string name, string tolerance) =>
        Fixture.AssertClose(actual, Data.Tensor(name), Fixture.Default.Tolerance(File, tolerance), $"clip/{name}");
}
