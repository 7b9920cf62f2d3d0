using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using TorchSharp;

namespace InstructDiffusion.Engine.Tests.Models.Clip;

/// <summary>CLIP small enough for tests, with random weights.</summary>
internal static class TinyClip
{
    public static ClipConfig Config { get; } =
        new()
        {
            ProjectionSize = 6,
            Text = new ClipTextConfig
            {
                VocabularySize = 20,
                MaxTokens = 8,
                EndId = 19,
                Encoder = Encoder(8),
            },
            Vision = new ClipVisionConfig
            {
                ImageSize = 16,
                PatchSize = 4,
                Encoder = Encoder(12),
            },
        };

    /// <summary>Fills a model's weights and gives it back.</summary>
    public static TModel Filled<TModel>(TModel model, long seed = 3)
        where TModel : torch.nn.Module
    {
        RandomWeights.Fill(model, seed);
        return model;
    }

    private static ClipEncoderConfig Encoder(int features) =>
        new()
        {
            HiddenSize = features,
            IntermediateSize = 2 * features,
            Layers = 2,
            Heads = 2,
        };
}
