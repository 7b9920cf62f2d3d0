using InstructDiffusion.Engine.Editing.Inpainting;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.PaintByExample;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Loading;

/// <summary>From the path of an inpainting model, of 9 input channels, to one that paints.</summary>
public static class InpaintingLoader
{
    private const string ImageEncoder = "image_encoder";

    /// <summary>Loads a model that is told by a text, e.g. a diffusers folder of Stable Diffusion 1.5 inpainting, or its single file.</summary>
    /// <param name="path">File or folder.</param>
    /// <param name="device">cpu, cuda or cuda:N.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="ModelLoadException">It is no such model.</exception>
    /// <exception cref="CheckpointFormatException">A file is damaged or no checkpoint.</exception>
    /// <exception cref="StateDictMismatchException">Tensors are missing, unknown or misshapen.</exception>
    /// <exception cref="ModelConfigException">A config.json describes a model this engine has not.</exception>
    public static TextInpainter OpenText(string path, string device, CancellationToken cancellationToken = default)
    {
        using ModelCheckpoint checkpoint = ModelCheckpoint.Open(path);
        var files = new ModelFiles(path, checkpoint, basePath: null, fallback: null);
        var placement = new ModelPlacement(ComputeDevice.Find(device), ScalarType.Float32);
        var loaded = new List<IDisposable>();
        try
        {
            ClipTextModel text = Loaded(
                new ClipTextModel(ClipTextConfig.Parse(files.Config(ModelComponent.TextEncoder, null)), placement),
                files.Tensors(ModelComponent.TextEncoder),
                loaded,
                cancellationToken
            );
            LatentInpainter inpainter = Inpainter(
                files,
                placement,
                InpaintingLayout.MaskFirst,
                loaded,
                cancellationToken
            );
            RequireFeatures(text.Config.Encoder.HiddenSize, inpainter);
            ClipTokenizer tokenizer = files.TokenizerFolder is { } folder
                ? ClipTokenizer.Load(folder)
                : ClipTokenizer.Default;
            return tokenizer.VocabularySize > text.Config.VocabularySize
                ? throw new ModelLoadException(
                    $"{path}: the tokenizer has {tokenizer.VocabularySize} tokens, the text encoder only {text.Config.VocabularySize}."
                )
                : new TextInpainter
                {
                    Tokenizer = tokenizer,
                    TextEncoder = text,
                    Inpainter = inpainter,
                };
        }
        catch
        {
            loaded.ForEach(part => part.Dispose());
            throw;
        }
    }

    /// <summary>Loads Paint-by-Example from a diffusers folder such as Fantasy-Studio/Paint-by-Example's.</summary>
    /// <inheritdoc cref="OpenText" path="/param"/>
    /// <inheritdoc cref="OpenText" path="/exception"/>
    /// <returns>Owned by the caller.</returns>
    public static ExemplarInpainter OpenExemplar(
        string path,
        string device,
        CancellationToken cancellationToken = default
    )
    {
        string folder = Path.Combine(path, ImageEncoder);
        string config = Path.Combine(folder, "config.json");
        if (!File.Exists(config))
        {
            throw new ModelLoadException(
                $"{config} is missing: {path} is no Paint-by-Example in diffusers' layout (unet, vae, scheduler, {ImageEncoder})."
            );
        }
        using ModelCheckpoint checkpoint = ModelCheckpoint.Open(path);
        var files = new ModelFiles(path, checkpoint, basePath: null, fallback: null);
        var placement = new ModelPlacement(ComputeDevice.Find(device), ScalarType.Float32);
        var loaded = new List<IDisposable>();
        try
        {
            using ITensorSource file = CheckpointFile.Open(folder);
            using var weights = new MappedTensorSource(file);
            // Older files carry 0, 1, 2, … as a tensor.
            foreach (string name in file.Tensors.Keys.Where(n => !n.EndsWith("position_ids", StringComparison.Ordinal)))
            {
                weights.Add(name, name);
            }
            PaintByExampleEncoder encoder = Loaded(
                new PaintByExampleEncoder(PaintByExampleConfig.Parse(File.ReadAllText(config)), placement),
                weights,
                loaded,
                cancellationToken
            );
            LatentInpainter inpainter = Inpainter(
                files,
                placement,
                InpaintingLayout.KeptLast,
                loaded,
                cancellationToken
            );
            RequireFeatures(encoder.Config.ProjectionSize, inpainter);
            return new ExemplarInpainter { Encoder = encoder, Inpainter = inpainter };
        }
        catch
        {
            loaded.ForEach(part => part.Dispose());
            throw;
        }
    }

    private static LatentInpainter Inpainter(
        ModelFiles files,
        ModelPlacement placement,
        InpaintingLayout layout,
        List<IDisposable> loaded,
        CancellationToken cancellationToken
    )
    {
        AutoencoderKL autoencoder = Loaded(
            new AutoencoderKL(AutoencoderConfig.Parse(files.Config(ModelComponent.Vae, null)), placement),
            files.Tensors(ModelComponent.Vae),
            loaded,
            cancellationToken
        );
        UNetConfig config = UNetConfig.Parse(files.Config(ModelComponent.UNet, null));
        int needed = 2 * autoencoder.Config.LatentChannels + 1;
        if (config.InChannels != needed)
        {
            throw new ModelLoadException(
                $"The UNet takes {config.InChannels} channels; inpainting needs {needed} (noisy latents, mask, the picture's latents)."
            );
        }
        UNet2DConditionModel unet = Loaded(
            new UNet2DConditionModel(config, placement),
            files.Tensors(ModelComponent.UNet),
            loaded,
            cancellationToken
        );
        return new LatentInpainter(
            autoencoder,
            unet,
            new NoiseSchedule(files.NoiseSchedule()),
            placement.Device,
            layout
        );
    }

    private static TModule Loaded<TModule>(
        TModule module,
        ITensorSource weights,
        List<IDisposable> loaded,
        CancellationToken cancellationToken
    )
        where TModule : nn.Module
    {
        loaded.Add(module);
        StateDictLoader.Load(module, weights, options: null, cancellationToken);
        return module;
    }

    private static void RequireFeatures(int given, LatentInpainter inpainter)
    {
        if (given != inpainter.ContextFeatures)
        {
            throw new ModelLoadException(
                $"The encoder gives {given} features, the UNet attends to {inpainter.ContextFeatures}."
            );
        }
    }
}
