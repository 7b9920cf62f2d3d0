using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;

namespace InstructDiffusion.Engine.Tests.Models.Clip;

public sealed class ClipConfigTests
{
    [Fact]
    public void Parse_EmptyObject_HasTransformersDefaults()
    {
        ClipConfig config = ClipConfig.Parse("{}");

        Assert.Equal(512, config.ProjectionSize);
        Assert.Equal(49_407, config.Text.EndId);
        Assert.Equal((512, 2048, 8), Sizes(config.Text.Encoder));
        Assert.Equal((768, 3072, 12), Sizes(config.Vision.Encoder));
        Assert.Equal((224, 32, 7), (config.Vision.ImageSize, config.Vision.PatchSize, config.Vision.Grid));
        Assert.Equal(ClipActivation.QuickGelu, config.Vision.Encoder.Activation);
    }

    [Fact]
    public void Parse_VisionOfAnotherActivation_ReadsIt()
    {
        ClipVisionConfig config = ClipVisionConfig.Parse(
            """{ "hidden_act": "gelu", "image_size": 336, "patch_size": 14 }"""
        );

        Assert.Equal(ClipActivation.Gelu, config.Encoder.Activation);
        Assert.Equal(24, config.Grid);
    }

    [Theory]
    [InlineData("""{ "vision_config": { "image_size": 224, "patch_size": 15 } }""", "image_size 224 is not a multiple")]
    [InlineData("""{ "vision_config": { "patch_size": 0 } }""", "image_size 224 is not a multiple of patch_size 0")]
    [InlineData("""{ "vision_config": { "image_size": 1000000, "patch_size": 1 } }""", "more than 256 patches")]
    [InlineData("""{ "vision_config": { "num_channels": 0 } }""", "num_channels must be at least 1")]
    [InlineData("""{ "text_config": { "hidden_act": "tanh" } }""", "text_config: hidden_act 'tanh' is not supported")]
    [InlineData("""{ "projection_dim": 0 }""", "projection_dim must be at least 1")]
    public void Parse_BadValue_IsNamed(string json, string message)
    {
        var error = Assert.Throws<ModelConfigException>(() => ClipConfig.Parse(json));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static (int, int, int) Sizes(ClipEncoderConfig encoder) =>
        (encoder.HiddenSize, encoder.IntermediateSize, encoder.Heads);
}
