using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;

namespace InstructDiffusion.Training.Tests.Planning;

/// <summary>Models with every kind of block, small enough to run.</summary>
internal static class TinyShapes
{
    public static UNetConfig UNet { get; } =
        new()
        {
            InChannels = 8,
            OutChannels = 4,
            BlockOutChannels = [16, 32, 32],
            LayersPerBlock = 1,
            LevelHasAttention = [true, true, false],
            HeadCounts = [4, 4, 4],
            CrossAttentionDim = 32,
            NormGroups = 8,
        };

    public static ClipTextConfig Text { get; } =
        new()
        {
            VocabularySize = 512,
            MaxTokens = 77,
            EndId = 511,
            Encoder = new ClipEncoderConfig
            {
                HiddenSize = 32,
                IntermediateSize = 128,
                Layers = 2,
                Heads = 4,
            },
        };

    public static AutoencoderConfig Autoencoder { get; } =
        new()
        {
            BlockOutChannels = [16, 32, 32],
            LayersPerBlock = 1,
            NormGroups = 8,
        };
}
