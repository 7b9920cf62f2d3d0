using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Engine.Loading;

/// <summary>Where each part of a model comes from: the checkpoint itself, or the base model where it lacks one.</summary>
/// <param name="path">The checkpoint's file or folder.</param>
/// <param name="checkpoint">Its weights.</param>
/// <param name="basePath">The base model's file or folder, if any.</param>
/// <param name="fallback">Its weights.</param>
internal sealed class ModelFiles(string path, ModelCheckpoint checkpoint, string? basePath, ModelCheckpoint? fallback)
{
    private const long MaxConfigBytes = 1 << 20;

    /// <summary>The folder of the tokenizer's files; null where the embedded CLIP vocabulary serves.</summary>
    public string? TokenizerFolder =>
        Folders.Select(folder => Path.Combine(folder, "tokenizer")).FirstOrDefault(Directory.Exists);

    private IEnumerable<string> Folders => ((string?[])[path, basePath]).OfType<string>().Where(Directory.Exists);

    /// <summary>The weights of a component, under native names.</summary>
    /// <exception cref="ModelLoadException">Neither has it.</exception>
    public ITensorSource Tensors(ModelComponent component) => OwnerOf(component).Checkpoint.Components[component];

    /// <summary>The text of a component's config.json; of a single file, what its metadata say or its tensors show.</summary>
    public string Config(ModelComponent component)
    {
        (string owner, ModelCheckpoint weights) = OwnerOf(component);
        if (!Directory.Exists(owner))
        {
            return weights.ReadConfig(component);
        }
        string file = Path.Combine(owner, component.FolderName(), "config.json");
        if (!File.Exists(file))
        {
            throw new ModelLoadException($"{file} is missing: it says how the {component.FolderName()} is built.");
        }
        return new FileInfo(file).Length <= MaxConfigBytes
            ? File.ReadAllText(file)
            : throw new ModelLoadException($"{file} is too large for a config.json.");
    }

    /// <summary>The noise schedule that the model was trained with; Stable Diffusion 1.5's where no file says.</summary>
    public NoiseScheduleConfig NoiseSchedule()
    {
        string? file = Folders
            .Select(folder => Path.Combine(folder, "scheduler", "scheduler_config.json"))
            .FirstOrDefault(File.Exists);
        return file is null ? new NoiseScheduleConfig() : NoiseScheduleConfig.Load(file);
    }

    private (string Path, ModelCheckpoint Checkpoint) OwnerOf(ModelComponent component)
    {
        if (checkpoint.Components.ContainsKey(component))
        {
            return (path, checkpoint);
        }
        return fallback is not null && fallback.Components.ContainsKey(component)
            ? (basePath!, fallback)
            : throw new ModelLoadException(
                $"{path} has no {component.FolderName()}. Name a base model that has it (Stable Diffusion 1.5 for the authors' "
                    + "training states)."
            );
    }
}
