using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.ClipSeg;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tests.Models.Clip;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Models.ClipSeg;

public sealed class ClipSegModelTests
{
    // What CIDAS/clipseg-rd64-refined's config.json says beyond the defaults.
    private const string Refined = """
        {
          "use_complex_transposed_convolution": true,
          "vision_config": { "patch_size": 16 }
        }
        """;

    [Fact]
    public void Names_OnMeta_AreThoseOfTheRefinedModel()
    {
        using var model = new ClipSegModel(ClipSegConfig.Parse(Refined), ModelPlacement.Meta);
        Dictionary<string, Tensor> weights = model.state_dict();

        Assert.Equal([64, 768], weights["decoder.reduces.2.weight"].shape);
        Assert.Equal([64, 512], weights["decoder.film_mul.weight"].shape);
        Assert.Equal([2048, 64], weights["decoder.layers.2.mlp.fc1.weight"].shape);
        Assert.Equal([64, 64, 3, 3], weights["decoder.transposed_convolution.0.weight"].shape);
        Assert.Equal([64, 32, 4, 4], weights["decoder.transposed_convolution.2.weight"].shape);
        Assert.Equal([32, 1, 4, 4], weights["decoder.transposed_convolution.4.weight"].shape);
        Assert.Contains("clip.logit_scale", weights.Keys);
        Assert.Equal(
            149_620_737, // CLIP ViT-B/16
            weights.Where(w => w.Key.StartsWith("clip.", StringComparison.Ordinal)).Sum(w => w.Value.numel())
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Forward_PictureLargerThanTrained_GivesALogitAPixel(bool refined)
    {
        using var noGradient = no_grad();
        using ClipSegModel model = Tiny(patch: refined ? 16 : 4, refined);
        int side = refined ? 80 : 24; // trained at 64 and at 16
        using Tensor pixels = rand(2, 3, side, side * 2);
        using Tensor ids = randint(20, [2, 8]);
        using Tensor condition = model.Condition(ids);
        Tensor? logits = null;

        LeakAssert.Leaves(1, () => logits = model.call(pixels, condition));

        Assert.Equal([2, side, side * 2], logits!.shape);
        Assert.True(logits.isfinite().all().item<bool>());
        logits.Dispose();
    }

    [Fact]
    public void Forward_AnotherCondition_GivesOtherLogits()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        ClipSegModel model = Tiny(patch: 4, refined: false);
        Tensor pixels = rand(1, 3, 16, 16);

        Tensor one = model.call(pixels, model.ConditionFromImage(pixels));
        Tensor other = model.call(pixels, model.Condition(zeros([1, 8], ScalarType.Int64)));

        Assert.True((one - other).abs().max().item<float>() > 1e-4);
    }

    [Fact]
    public void Forward_BadShapes_AreNamed()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        ClipSegModel model = Tiny(patch: 4, refined: false);

        var parts = Assert.Throws<ArgumentException>(() => model.call(rand(1, 3, 16, 18), rand(1, 6)));
        var rows = Assert.Throws<ArgumentException>(() => model.call(rand(2, 3, 16, 16), rand(1, 6)));

        Assert.Contains("18x16 is not made of whole patches of 4", parts.Message, StringComparison.Ordinal);
        Assert.Contains("expected [2, 6], got [1, 6]", rows.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """{ "extract_layers": [3, 6, 12] }""",
        "extract_layers must be ascending and below num_hidden_layers 12"
    )]
    [InlineData("""{ "extract_layers": [3, 3] }""", "extract_layers must be ascending")]
    [InlineData("""{ "conditional_layer": 3 }""", "conditional_layer 3 is none of the 3 layers")]
    [InlineData("""{ "reduce_dim": 66 }""", "reduce_dim 66 is not a multiple of decoder_num_attention_heads 4")]
    [InlineData(
        """{ "use_complex_transposed_convolution": true, "vision_config": { "image_size": 28, "patch_size": 14 } }""",
        "needs a patch_size that is a multiple of 4"
    )]
    public void Parse_BadValue_IsNamed(string json, string message)
    {
        var error = Assert.Throws<ModelConfigException>(() => ClipSegConfig.Parse(json));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static ClipSegModel Tiny(int patch, bool refined)
    {
        ClipVisionConfig vision = TinyClip.Config.Vision with { ImageSize = 4 * patch, PatchSize = patch };
        var config = new ClipSegConfig
        {
            Clip = TinyClip.Config with { Vision = vision },
            ExtractLayers = [0, 1],
            HasRefinedHead = refined,
            Decoder = TinyClip.Config.Text.Encoder with { Activation = ClipActivation.Relu },
        };
        return TinyClip.Filled(new ClipSegModel(config, ModelPlacement.Cpu));
    }
}
