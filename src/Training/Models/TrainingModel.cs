using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Models;

/// <summary>A model under training with all that its export needs. Owns the modules.</summary>
public sealed class TrainingModel : IDisposable
{
    /// <summary>Picture ↔ latents. Trained in the autoencoder stage, frozen in all others.</summary>
    public required AutoencoderKL Autoencoder { get; init; }

    /// <summary>Null in the autoencoder stage.</summary>
    public UNet2DConditionModel? UNet { get; init; }

    /// <summary>Null in the autoencoder stage.</summary>
    public ClipTextModel? TextEncoder { get; init; }

    /// <summary>Instructions → ids.</summary>
    public required ClipTokenizer Tokenizer { get; init; }

    /// <summary>The forward process.</summary>
    public required NoiseSchedule NoiseSchedule { get; init; }

    /// <summary>Where the modules live.</summary>
    public required Device Device { get; init; }

    /// <summary>The config.json of each component.</summary>
    public required IReadOnlyDictionary<ModelComponent, string> Configs { get; init; }

    /// <summary>The text of scheduler_config.json.</summary>
    public required string SchedulerConfig { get; init; }

    /// <summary>Folder that holds the tokenizer's files; null for CLIP's own.</summary>
    public string? TokenizerFolder { get; init; }

    /// <summary>Another UNet of the same shape, uninitialised: for a worker that shares the weights, or for averaged ones.</summary>
    public UNet2DConditionModel NewUNet(ScalarType dtype) => new(UNet!.Config, new ModelPlacement(Device, dtype));

    /// <summary>Another text encoder of the same shape, uninitialised.</summary>
    public ClipTextModel NewTextEncoder() => new(TextEncoder!.Config, new ModelPlacement(Device, ScalarType.Float32));

    /// <summary>Another autoencoder of the same shape, uninitialised.</summary>
    public AutoencoderKL NewAutoencoder() => new(Autoencoder.Config, new ModelPlacement(Device, ScalarType.Float32));

    /// <inheritdoc/>
    public void Dispose()
    {
        Autoencoder.Dispose();
        UNet?.Dispose();
        TextEncoder?.Dispose();
    }
}
