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
    /// <summary>The folder of the tokenizer's files; null where the embedded CLIP vocabulary serves.</summary>
    public string? TokenizerFolder =>
        Folders.Select(folder => Path.Combine(folder, "tokenizer")).FirstOrDefault(Directory.Exists);

    private IEnumerable<string> Folders => ((string?[])[path, basePath]).OfType<string>().Where(Directory.Exists);

    /// <summary>The weights of a component, under native names.</summary>
    /// <exception cref="ModelLoadException">Neither has it.</exception>
    public ITensorSource Tensors(ModelComponent component) => OwnerOf(component).Components[component];

    /// <summary>The text of a component's config.json: the user's, the model's own, or inferred from a single file's tensors.</summary>
    /// <param name="component">Which.</param>
    /// <param name="configFolder">A diffusers folder whose word is taken where it has one; null for none.</param>
    public string Config(ModelComponent component, string? configFolder)
    {
        ModelCheckpoint owner = OwnerOf(component);
        if (configFolder is not null && !Directory.Exists(owner.Path))
        {
            string file = Path.Combine(configFolder, component.FolderName(), "config.json");
            return File.Exists(file)
                ? File.ReadAllText(file)
                : throw new ModelLoadException(
                    $"{file} is missing: it is to say how the {component.FolderName()} is built."
                );
        }
        return owner.ReadConfig(component);
    }

    /// <summary>The noise schedule that the model was trained with; Stable Diffusion 1.5's where no file says.</summary>
    public NoiseScheduleConfig NoiseSchedule()
    {
        string? file = Folders
            .Select(folder => Path.Combine(folder, "scheduler", "scheduler_config.json"))
            .FirstOrDefault(File.Exists);
        return file is null ? new NoiseScheduleConfig() : NoiseScheduleConfig.Load(file);
    }

    /// <summary>Every file that weights are taken from, with names that do not depend on where the model lies.</summary>
    public IReadOnlyList<WeightFile> WeightFiles() =>
        [
            .. ModelComponents
                .All.SelectMany(component => FilesOf(OwnerOf(component).Path, component))
                .DistinctBy(file => file.Name, StringComparer.Ordinal),
        ];

    private static IEnumerable<WeightFile> FilesOf(string owner, ModelComponent component)
    {
        if (!Directory.Exists(owner))
        {
            // The parts of a split download count as the file that they make.
            yield return new WeightFile(Path.GetFileName(owner), CheckpointFile.FilesOf(owner));
            yield break;
        }
        string folder = Path.Combine(owner, component.FolderName());
        foreach (string file in CheckpointFile.FilesOf(CheckpointFile.TryFindInFolder(folder)!))
        {
            yield return new WeightFile($"{component.FolderName()}/{Path.GetFileName(file)}", [file]);
        }
    }

    private ModelCheckpoint OwnerOf(ModelComponent component)
    {
        if (checkpoint.Components.ContainsKey(component))
        {
            return checkpoint;
        }
        return fallback is not null && fallback.Components.ContainsKey(component)
            ? fallback
            : throw new ModelLoadException(
                $"{path} has no {component.FolderName()}. Name a base model that has it (Stable Diffusion 1.5 for the authors' "
                    + "training states)."
            );
    }
}
