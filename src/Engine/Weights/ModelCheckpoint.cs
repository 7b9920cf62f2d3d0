using InstructDiffusion.Engine.Weights.KeyMaps;

namespace InstructDiffusion.Engine.Weights;

/// <summary>
/// A model's weights in any form that users have them, sorted into components under diffusers' and transformers' names. Opening
/// it reads names and shapes only.
/// </summary>
public sealed class ModelCheckpoint : IDisposable
{
    private const string ConfigFileName = "config.json";
    private const long MaxConfigLength = 1 << 20;

    private readonly List<ITensorSource> _owned = [];
    private readonly Dictionary<ModelComponent, ITensorSource> _components = [];

    private ModelCheckpoint(string path, CheckpointLayout layout)
    {
        Path = path;
        Layout = layout;
    }

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>How it is laid out.</summary>
    public CheckpointLayout Layout { get; }

    /// <summary>The components that are there, under native names and shapes, ready for <see cref="StateDictLoader"/>.</summary>
    public IReadOnlyDictionary<ModelComponent, ITensorSource> Components => _components;

    /// <summary>What became of every tensor.</summary>
    public KeyReport Keys { get; } = new();

    /// <summary>Whether it holds an exponential moving average of the UNet beside the raw weights, or alone.</summary>
    public bool HasEma { get; private init; }

    /// <summary>Whether the UNet is that average.</summary>
    public bool UsesEma { get; private init; }

    /// <summary>What the file says beside its tensors, such as <c>global_step</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; private init; } =
        System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Opens a diffusers folder, or any single-file checkpoint that <see cref="CheckpointFile"/> opens.</summary>
    /// <param name="path">File, folder, or a part of a split download.</param>
    /// <param name="preferEma">Take the averaged UNet where there is one, as inference should.</param>
    /// <exception cref="FileNotFoundException">There is nothing under this path.</exception>
    /// <exception cref="CheckpointFormatException">It is no model, or damaged.</exception>
    public static ModelCheckpoint Open(string path, bool preferEma = true) =>
        Directory.Exists(path) ? OpenFolder(path) : OpenSingle(path, preferEma);

    /// <summary>
    /// The configuration of a component as a <c>config.json</c>: the folder's own, or that which our converter left in a file's
    /// metadata, or else inferred from the tensors.
    /// </summary>
    /// <param name="component">One of <see cref="Components"/>.</param>
    /// <param name="hints">Used where it is inferred; null for Stable Diffusion 1's.</param>
    /// <exception cref="KeyNotFoundException">The checkpoint has no such component.</exception>
    /// <exception cref="CheckpointFormatException">The file is too large, or the tensors contradict the hints.</exception>
    public string ReadConfig(ModelComponent component, ComponentHints? hints = null)
    {
        if (!_components.TryGetValue(component, out var tensors))
        {
            throw new KeyNotFoundException($"{Path} has no {component.FolderName()}");
        }
        var file = System.IO.Path.Combine(Path, component.FolderName(), ConfigFileName);
        if (File.Exists(file))
        {
            return new FileInfo(file).Length <= MaxConfigLength
                ? File.ReadAllText(file)
                : throw new CheckpointFormatException(file, $"a configuration is at most {MaxConfigLength} bytes");
        }
        return Metadata.TryGetValue(ConfigMetadataKey(component), out var text)
            ? text
            : ComponentConfig.Infer(component, tensors, hints ?? new ComponentHints()).ToJsonString();
    }

    /// <summary>Under which key a single file's metadata hold a component's configuration.</summary>
    internal static string ConfigMetadataKey(ModelComponent component) => $"{component.FolderName()}_config";

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var source in _owned)
        {
            source.Dispose();
        }
    }

    private static ModelCheckpoint OpenFolder(string path)
    {
        var checkpoint = new ModelCheckpoint(path, CheckpointLayout.Diffusers);
        try
        {
            foreach (var component in ModelComponents.All)
            {
                var folder = System.IO.Path.Combine(path, component.FolderName());
                if (CheckpointFile.TryFindInFolder(folder) is { } file)
                {
                    var source = NativeNames.Normalise(component, CheckpointFile.OpenFile(file), checkpoint.Keys);
                    checkpoint._owned.Add(source);
                    checkpoint._components[component] = source;
                }
            }
            return checkpoint._components.Count > 0
                ? checkpoint
                : throw new CheckpointFormatException(path, "no weights in its folders unet, vae and text_encoder");
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    private static ModelCheckpoint OpenSingle(string path, bool preferEma)
    {
        var source = CheckpointFile.Open(path);
        try
        {
            var names = source.Tensors.Keys;
            var hasRaw = names.Any(n => n.StartsWith(UNetKeyMap.LdmPrefix, StringComparison.Ordinal));
            var hasEma = names.Any(n => n.StartsWith(EmaNames.Prefix, StringComparison.Ordinal));
            var checkpoint = new ModelCheckpoint(path, LayoutOf(source, hasRaw, hasEma))
            {
                HasEma = hasEma,
                UsesEma = hasEma && (preferEma || !hasRaw),
                Metadata = source.Metadata,
            };
            foreach (var (component, tensors) in LdmNames.Sort(source, checkpoint.UsesEma, checkpoint.Keys))
            {
                checkpoint._components[component] = tensors;
            }
            if (checkpoint._components.Count == 0)
            {
                throw new CheckpointFormatException(
                    path,
                    $"none of its {source.Tensors.Count} tensors ('{names.FirstOrDefault()}', …) has an ldm name; "
                        + "a diffusers component is opened through its model's folder"
                );
            }
            checkpoint._owned.Add(source);
            return checkpoint;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static CheckpointLayout LayoutOf(ITensorSource source, bool hasRaw, bool hasEma) =>
        hasEma && !hasRaw ? CheckpointLayout.TrainingState
        : hasEma || source.Metadata.ContainsKey("pytorch-lightning_version") ? CheckpointLayout.Lightning
        : CheckpointLayout.Ldm;
}
