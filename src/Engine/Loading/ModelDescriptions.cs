using System.Text.Json;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Engine.Loading;

/// <summary>What is told about a model, from its sidecar, its pipeline class and its name.</summary>
internal static class ModelDescriptions
{
    /// <summary>Describes the model at <paramref name="path"/>.</summary>
    /// <param name="path">File or folder.</param>
    /// <param name="family">The user's word on the guidance family; null = find out.</param>
    /// <exception cref="ModelLoadException">Nothing tells the guidance family.</exception>
    public static ModelDescription Of(string path, GuidanceFamily? family)
    {
        ModelSidecar? sidecar = KnownModels.SidecarOf(path);
        GuidanceFamily known =
            family
            ?? sidecar?.GuidanceFamily
            ?? FamilyOfPipeline(path)
            ?? throw new ModelLoadException(
                $"Nothing tells how the guidance of {path} works, and the weights cannot: say whether it is of the "
                    + $"instruct_diffusion or the instruct_pix2pix family, or write {ModelSidecar.FileName} beside it."
            );
        var description = new ModelDescription
        {
            Name = sidecar?.Name ?? Path.GetFileNameWithoutExtension(Path.TrimEndingDirectorySeparator(path)),
            IsUntrainedReference = sidecar?.Untrained ?? false,
            Family = known,
            ChangedAt = ChangedAt(path),
            License = sidecar?.License,
            Notes = sidecar?.Notes,
        };
        return sidecar is null
            ? description
            : description with
            {
                DefaultSteps = sidecar.DefaultSteps,
                DefaultTextGuidanceScale = sidecar.DefaultTextGuidanceScale,
                DefaultImageGuidanceScale = sidecar.DefaultImageGuidanceScale,
                DefaultResolution = sidecar.DefaultResolution,
                SizeRule = sidecar.SizeRule,
                Tasks = TasksOf(sidecar),
            };
    }

    private static DateTimeOffset ChangedAt(string path)
    {
        string[] files = Directory.Exists(path) ? Directory.GetFiles(path, "*", SearchOption.AllDirectories) : [path];
        return files.Select(file => new DateTimeOffset(File.GetLastWriteTimeUtc(file))).DefaultIfEmpty().Max();
    }

    // A task without a preset gets the model's own values; a preset is a task even where the list does not name it.
    private static IReadOnlyList<TaskPreset> TasksOf(ModelSidecar sidecar) =>
        [
            .. sidecar
                .Tasks.Union(sidecar.Presets.Select(preset => preset.Name), StringComparer.Ordinal)
                .Select(name =>
                    sidecar.Presets.FirstOrDefault(preset => preset.Name.Equals(name, StringComparison.Ordinal))
                    ?? new TaskPreset
                    {
                        Name = name,
                        TextGuidanceScale = sidecar.DefaultTextGuidanceScale,
                        ImageGuidanceScale = sidecar.DefaultImageGuidanceScale,
                        Steps = sidecar.DefaultSteps,
                        Resolution = sidecar.DefaultResolution,
                    }
                ),
        ];

    /// <summary>The family that a folder's pipeline class stands for: diffusers' InstructPix2Pix formula; null for others.</summary>
    /// <exception cref="ModelLoadException">The folder's model_index.json is malformed.</exception>
    public static GuidanceFamily? FamilyOfPipeline(string path)
    {
        string file = Path.Combine(path, "model_index.json");
        if (!File.Exists(file))
        {
            return null;
        }
        try
        {
            using JsonDocument index = JsonDocument.Parse(File.ReadAllBytes(file));
            return
                index.RootElement.TryGetProperty("_class_name", out JsonElement name)
                && name.ValueEquals("StableDiffusionInstructPix2PixPipeline")
                ? GuidanceFamily.InstructPix2Pix
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new ModelLoadException($"{file} is not a pipeline's index: {e.Message}", e);
        }
    }
}
