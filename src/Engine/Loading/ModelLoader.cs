using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Loading;

/// <summary>From a path to a model ready to edit.</summary>
public static class ModelLoader
{
    private const string InputConvolution = "conv_in.weight";

    /// <summary>The untrained reference model that is shipped beside the programs.</summary>
    public static string ReferenceModelPath => ShippedModel(AppContext.BaseDirectory, "reference");

    /// <summary>The model that the programs use until another is named: the small trained one if it is shipped, else the reference.</summary>
    public static string DefaultModelPath => DefaultModelIn(AppContext.BaseDirectory);

    /// <summary>Loads a model and lays a pipeline over it.</summary>
    /// <param name="options">Which, where to, how.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <returns>Owned by the caller, on whose thread it must stay.</returns>
    /// <exception cref="ModelLoadException">The options do not fit this machine or this model.</exception>
    /// <exception cref="CheckpointFormatException">A file is damaged or no checkpoint.</exception>
    /// <exception cref="StateDictMismatchException">Tensors are missing, unknown or misshapen; lists them.</exception>
    /// <exception cref="ModelConfigException">A config.json describes a model this engine has not.</exception>
    public static LoadedModel Open(ModelLoadOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        EditModel model = Load(options, cancellationToken);
        try
        {
            var cache = new ConditioningCache(options.Pipeline.TextCacheBytes, options.Pipeline.SourceCacheBytes);
            return new LoadedModel(new EditPipeline(model, options.Pipeline, cache), model.Description, model)
            {
                Cache = cache,
            };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Loads a model's parts. See <see cref="Open"/> for the errors.</summary>
    public static EditModel Load(ModelLoadOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        Device device = ComputeDevice.Find(options.Device);
        if (device.type == TorchSharp.DeviceType.CPU && options.Precision != Precision.Fp32)
        {
            throw new ModelLoadException(
                $"precision: {options.Precision.ToString().ToLowerInvariant()} is for GPUs; on a CPU it is a hundred times "
                    + "slower than fp32. Half-precision files load fine: they are widened to fp32."
            );
        }
        if (options.Threads is { } threads)
        {
            set_num_threads(threads);
        }
        string path = options.Path ?? DefaultModelPath;
        using ModelCheckpoint checkpoint = ModelCheckpoint.Open(path, options.PreferEma);
        using ModelCheckpoint? fallback = options.BasePath is null ? null : ModelCheckpoint.Open(options.BasePath);
        var files = new ModelFiles(path, checkpoint, options.BasePath, fallback);

        ModelDescription description = ModelDescriptions.Of(path, options.Family);
        var placement = new ModelPlacement(device, ScalarType.Float32);
        var loaded = new List<IDisposable>();
        try
        {
            var text = new ClipTextModel(
                ClipTextConfig.Parse(files.Config(ModelComponent.TextEncoder, options.ConfigFolder)),
                placement
            );
            loaded.Add(text);
            StateDictLoader.Load(text, files.Tensors(ModelComponent.TextEncoder), null, cancellationToken);

            var autoencoder = new AutoencoderKL(
                AutoencoderConfig.Parse(files.Config(ModelComponent.Vae, options.ConfigFolder)),
                placement
            );
            loaded.Add(autoencoder);
            StateDictLoader.Load(autoencoder, files.Tensors(ModelComponent.Vae), null, cancellationToken);

            UNet2DConditionModel unet = LoadUNet(
                files,
                placement with
                {
                    DType = options.Precision.DType(),
                },
                options,
                cancellationToken
            );
            loaded.Add(unet);
            if (!options.PlainKernels)
            {
                autoencoder.PrepareForInference();
                unet.PrepareForInference();
            }
            return Assemble(files, description, device, text, autoencoder, unet);
        }
        catch
        {
            loaded.ForEach(part => part.Dispose());
            throw;
        }
    }

    /// <summary><see cref="DefaultModelPath"/> of a program in this folder.</summary>
    internal static string DefaultModelIn(string programFolder)
    {
        string demo = ShippedModel(programFolder, "demo");
        return File.Exists(Path.Combine(demo, "model_index.json")) ? demo : ShippedModel(programFolder, "reference");
    }

    private static string ShippedModel(string programFolder, string name) =>
        Path.Combine(programFolder, "models", name);

    private static UNet2DConditionModel LoadUNet(
        ModelFiles files,
        ModelPlacement placement,
        ModelLoadOptions options,
        CancellationToken cancellationToken
    )
    {
        UNetConfig config = UNetConfig.Parse(files.Config(ModelComponent.UNet, options.ConfigFolder));
        var load = new StateDictLoadOptions();
        if (config.InChannels == config.OutChannels && options.ExtendInputChannels)
        {
            config = config with { InChannels = 2 * config.OutChannels };
            load = load with { ExtendInputChannelsOf = InputConvolution };
        }
        else if (config.InChannels != 2 * config.OutChannels)
        {
            throw new ModelLoadException(
                $"The UNet takes {config.InChannels} channels; editing by instruction needs {2 * config.OutChannels} (noisy and "
                    + "source latents). 4 is text to image, 9 is inpainting."
            );
        }
        var unet = new UNet2DConditionModel(config, placement);
        try
        {
            StateDictLoader.Load(unet, files.Tensors(ModelComponent.UNet), load, cancellationToken);
            return unet;
        }
        catch
        {
            unet.Dispose();
            throw;
        }
    }

    private static EditModel Assemble(
        ModelFiles files,
        ModelDescription description,
        Device device,
        ClipTextModel text,
        AutoencoderKL autoencoder,
        UNet2DConditionModel unet
    )
    {
        ClipTokenizer tokenizer = files.TokenizerFolder is { } folder
            ? ClipTokenizer.Load(folder)
            : ClipTokenizer.Default;
        if (tokenizer.VocabularySize > text.Config.VocabularySize)
        {
            throw new ModelLoadException(
                $"The tokenizer has {tokenizer.VocabularySize} tokens, the text encoder only {text.Config.VocabularySize}."
            );
        }
        if (text.Config.Encoder.HiddenSize != unet.Config.CrossAttentionDim)
        {
            throw new ModelLoadException(
                $"The text encoder gives {text.Config.Encoder.HiddenSize} features, the UNet attends to {unet.Config.CrossAttentionDim}."
            );
        }
        if (autoencoder.Config.LatentChannels != unet.Config.OutChannels)
        {
            throw new ModelLoadException(
                $"The autoencoder has {autoencoder.Config.LatentChannels} latent channels, the UNet {unet.Config.OutChannels}."
            );
        }
        return new EditModel
        {
            Tokenizer = tokenizer,
            TextEncoder = text,
            Autoencoder = autoencoder,
            UNet = unet,
            NoiseSchedule = new NoiseSchedule(files.NoiseSchedule()),
            Device = device,
            Description = description with { WeightFiles = files.WeightFiles() },
        };
    }
}
