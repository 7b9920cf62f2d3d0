using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Models;

/// <summary>Builds the model a recipe describes: from checkpoints where it names them, at random where not.</summary>
public static class ModelAssembly
{
    private const string InputConvolution = "conv_in.weight";

    /// <summary>Builds it.</summary>
    /// <param name="recipe">Checked.</param>
    /// <param name="device">Where the modules shall live.</param>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="RecipeException">Parts are missing or do not fit one another.</exception>
    /// <exception cref="CheckpointFormatException">A checkpoint is damaged.</exception>
    /// <exception cref="StateDictMismatchException">A checkpoint has other tensors than its configuration says.</exception>
    public static TrainingModel Build(TrainingRecipe recipe, Device device)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        using ModelCheckpoint? start = ComponentConfigs.Open(recipe.Model.Start, "model.start");
        using ModelCheckpoint? autoencoder = ComponentConfigs.Open(recipe.Model.Autoencoder, "model.autoencoder");
        var parts = new List<nn.Module>();
        var configs = new Dictionary<ModelComponent, string>();
        try
        {
            AutoencoderKL vae = BuildAutoencoder(recipe, autoencoder ?? start, device, configs);
            parts.Add(vae);
            string? tokenizerFolder = ComponentConfigs.TokenizerFolder(recipe);
            ClipTokenizer tokenizer = ComponentConfigs.Tokenizer(tokenizerFolder);
            UNet2DConditionModel? unet = null;
            ClipTextModel? text = null;
            if (recipe.Stage != TrainingStage.Autoencoder)
            {
                text = BuildTextEncoder(recipe, start, tokenizer, device, configs);
                parts.Add(text);
                unet = BuildUNet(recipe, start, vae.Config.LatentChannels, device, configs);
                parts.Add(unet);
                RequireFit(unet.Config, text.Config, tokenizer);
            }
            string scheduler = SchedulerOf(recipe);
            return new TrainingModel
            {
                Autoencoder = vae,
                UNet = unet,
                TextEncoder = text,
                Tokenizer = tokenizer,
                TokenizerFolder = tokenizerFolder,
                NoiseSchedule = new NoiseSchedule(NoiseScheduleConfig.FromJson(scheduler)),
                SchedulerConfig = scheduler,
                Configs = configs,
                Device = device,
            };
        }
        catch
        {
            parts.ForEach(part => part.Dispose());
            throw;
        }
    }

    private static AutoencoderKL BuildAutoencoder(
        TrainingRecipe recipe,
        ModelCheckpoint? checkpoint,
        Device device,
        Dictionary<ModelComponent, string> configs
    )
    {
        bool has = ComponentConfigs.Has(checkpoint, ModelComponent.Vae);
        string config = ComponentConfigs.Autoencoder(recipe, checkpoint);
        configs[ModelComponent.Vae] = config;
        var vae = new AutoencoderKL(AutoencoderConfig.Parse(config), new ModelPlacement(device, ScalarType.Float32));
        Fill(vae, recipe, has ? checkpoint!.Components[ModelComponent.Vae] : null);
        SetTrained(
            vae,
            name => recipe.Stage == TrainingStage.Autoencoder && (recipe.Model.TrainEncoder || IsDecoders(name))
        );
        return vae;
    }

    private static ClipTextModel BuildTextEncoder(
        TrainingRecipe recipe,
        ModelCheckpoint? start,
        ClipTokenizer tokenizer,
        Device device,
        Dictionary<ModelComponent, string> configs
    )
    {
        bool has = ComponentConfigs.Has(start, ModelComponent.TextEncoder);
        string config = ComponentConfigs.TextEncoder(recipe, start, tokenizer);
        configs[ModelComponent.TextEncoder] = config;
        var text = new ClipTextModel(ClipTextConfig.Parse(config), new ModelPlacement(device, ScalarType.Float32));
        Fill(text, recipe, has ? start!.Components[ModelComponent.TextEncoder] : null);
        SetTrained(text, _ => recipe.Model.TrainTextEncoder);
        return text;
    }

    private static UNet2DConditionModel BuildUNet(
        TrainingRecipe recipe,
        ModelCheckpoint? start,
        int latentChannels,
        Device device,
        Dictionary<ModelComponent, string> configs
    )
    {
        bool has = ComponentConfigs.Has(start, ModelComponent.UNet);
        (string config, bool isExtended) = ComponentConfigs.UNet(recipe, start, latentChannels);
        // The authors' extension: first channels kept, new ones zero (specification 1.5).
        StateDictLoadOptions load = isExtended ? new() { ExtendInputChannelsOf = InputConvolution } : new();
        configs[ModelComponent.UNet] = config;
        var unet = new UNet2DConditionModel(UNetConfig.Parse(config), new ModelPlacement(device, ScalarType.Float32));
        Fill(unet, recipe, has ? start!.Components[ModelComponent.UNet] : null, load);
        return unet;
    }

    private static void Fill(
        nn.Module module,
        TrainingRecipe recipe,
        ITensorSource? weights,
        StateDictLoadOptions? options = null
    )
    {
        if (weights is not null)
        {
            StateDictLoader.Load(module, weights, options);
            return;
        }
        var random = new CounterRandom(recipe.Seed, RandomPurpose.Weights, module.GetName().Length);
        RandomWeights.Fill(module, random.Next(int.MaxValue));
    }

    private static bool IsDecoders(string name) =>
        name.StartsWith("decoder.", StringComparison.Ordinal)
        || name.StartsWith("post_quant_conv.", StringComparison.Ordinal);

    private static void SetTrained(nn.Module module, Func<string, bool> trained)
    {
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in module.named_parameters())
        {
            parameter.requires_grad = trained(name);
        }
    }

    private static void RequireFit(UNetConfig unet, ClipTextConfig text, ClipTokenizer tokenizer)
    {
        if (text.Encoder.HiddenSize != unet.CrossAttentionDim)
        {
            throw new RecipeException(
                $"text_encoder: gives {text.Encoder.HiddenSize} features, the UNet attends to {unet.CrossAttentionDim}"
            );
        }
        if (tokenizer.VocabularySize > text.VocabularySize)
        {
            throw new RecipeException(
                $"tokenizer: has {tokenizer.VocabularySize} tokens, the text encoder only {text.VocabularySize}"
            );
        }
    }

    private static string SchedulerOf(TrainingRecipe recipe)
    {
        if (recipe.Model.Architecture.Scheduler is { } own)
        {
            return own.GetRawText();
        }
        string? folder = ComponentConfigs.FolderIn(recipe.Model.Start, "scheduler");
        string file = Path.Combine(folder ?? "", "scheduler_config.json");
        return folder is not null && File.Exists(file)
            ? File.ReadAllText(file)
            : """
                {"_class_name": "DDIMScheduler", "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
                 "clip_sample": false, "num_train_timesteps": 1000, "prediction_type": "epsilon", "set_alpha_to_one": false,
                 "steps_offset": 1, "timestep_spacing": "leading"}
                """;
    }
}
