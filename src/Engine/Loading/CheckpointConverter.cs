using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.KeyMaps;
using InstructDiffusion.Engine.Weights.Safetensors;

namespace InstructDiffusion.Engine.Loading;

/// <summary>
/// Converts checkpoints between ldm files and diffusers folders, in both directions, and between types. Tensors that keep their
/// type keep every bit. The output appears only when it is complete.
/// </summary>
public static class CheckpointConverter
{
    /// <summary>Converts a checkpoint.</summary>
    /// <param name="input">Anything that <see cref="ModelCheckpoint.Open"/> opens.</param>
    /// <param name="output">The folder (diffusers) or file (ldm) to make.</param>
    /// <param name="options">What to make of it.</param>
    /// <param name="cancellationToken">Looked at before each tensor; nothing is left behind.</param>
    /// <exception cref="CheckpointFormatException">The input is damaged, or its configuration cannot be told.</exception>
    /// <exception cref="StateDictMismatchException">A component lacks tensors, or holds some that do not belong there.</exception>
    /// <exception cref="ModelLoadException">The input folder's model_index.json is malformed.</exception>
    /// <exception cref="IOException">The output exists, and <see cref="ConversionOptions.Overwrite"/> is off.</exception>
    public static ConversionReport Convert(
        string input,
        string output,
        ConversionOptions options,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(output);
        ArgumentNullException.ThrowIfNull(options);
        RequireFreeOutput(input, output, options.Overwrite);
        using var checkpoint = ModelCheckpoint.Open(input, options.Ema != EmaChoice.Raw);
        if (options.Ema == EmaChoice.Average && !checkpoint.HasEma)
        {
            throw new CheckpointFormatException(input, "it holds no averaged weights");
        }
        if (options.Ema == EmaChoice.Raw && checkpoint.UsesEma)
        {
            throw new CheckpointFormatException(input, "it holds averaged weights only, no raw ones");
        }
        RequireComplete(checkpoint);
        var notes = new List<string>();
        foreach (var component in ModelComponents.All.Where(c => !checkpoint.Components.ContainsKey(c)))
        {
            notes.Add($"The input has no {component.FolderName()}, so neither has the output.");
        }
        var written = ProgressOf(checkpoint, options);
        var sidecar = options.Sidecar ?? KnownModels.SidecarOf(input) ?? SidecarOfPipeline(input);
        if (sidecar is null)
        {
            notes.Add(
                $"The guidance family is unknown and no {ModelSidecar.FileName} was written: write one before serving."
            );
        }
        if (options.Target == ConversionTarget.Diffusers)
        {
            var folder = new DiffusersFolderWriter(checkpoint, options, written, notes);
            folder.Write(output, sidecar, cancellationToken);
        }
        else
        {
            WriteLdm(checkpoint, output, options, written, cancellationToken);
            sidecar?.Save(ModelSidecar.PathFor(output));
        }
        return new ConversionReport(output, checkpoint.Keys, notes);
    }

    // A folder's pipeline class says the family; an ldm file has no place for it but the sidecar.
    private static ModelSidecar? SidecarOfPipeline(string input) =>
        ModelDescriptions.FamilyOfPipeline(input) is { } family
            ? new ModelSidecar
            {
                Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(input))),
                GuidanceFamily = family,
            }
            : null;

    private static void WriteLdm(
        ModelCheckpoint checkpoint,
        string output,
        ConversionOptions options,
        Action<long> written,
        CancellationToken cancellationToken
    )
    {
        using var merged = new MergedTensorSource(checkpoint.Path);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (component, tensors) in checkpoint.Components)
        {
            var map = NativeNames.MapOf(component, [.. tensors.Tensors.Keys])!;
            var mapped = new MappedTensorSource(tensors);
            foreach (var (name, info) in tensors.Tensors)
            {
                var pair = map.FindNative(name)!;
                var shape = info.Shape;
                mapped.Add(pair.Ldm, name, pair.ConvolutionInLdm && shape.Length == 2 ? [.. shape, 1, 1] : shape);
            }
            merged.AddAll(mapped);
            // What an ldm file cannot say (groups, heads) travels in its metadata.
            metadata[ModelCheckpoint.ConfigMetadataKey(component)] = checkpoint.ReadConfig(component, options.Hints);
        }
        var folder = Path.GetDirectoryName(Path.GetFullPath(output))!;
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(output, merged, options.FloatType, metadata, written, cancellationToken);
    }

    private static void RequireComplete(ModelCheckpoint checkpoint)
    {
        var unexpected = new List<string>();
        foreach (var (component, tensors) in checkpoint.Components)
        {
            var map = NativeNames.MapOf(component, [.. tensors.Tensors.Keys]);
            unexpected.AddRange(
                tensors
                    .Tensors.Keys.Where(name => map?.FindNative(name) is null)
                    .Select(name => $"{component.FolderName()}/{name}")
            );
        }
        if (unexpected.Count + checkpoint.Keys.Missing.Count > 0)
        {
            throw new StateDictMismatchException(checkpoint.Path, checkpoint.Keys.Missing, unexpected, []);
        }
    }

    private static void RequireFreeOutput(string input, string output, bool overwrite)
    {
        if (string.Equals(Path.GetFullPath(input), Path.GetFullPath(output), StringComparison.Ordinal))
        {
            throw new IOException($"{output} is the input itself");
        }
        if (!overwrite && Path.Exists(output))
        {
            throw new IOException($"{output} exists");
        }
    }

    private static Action<long> ProgressOf(ModelCheckpoint checkpoint, ConversionOptions options)
    {
        var total = checkpoint.Components.Values.SelectMany(c => c.Tensors.Values).Sum(t => SizeAs(t, options));
        long done = 0;
        return bytes => options.Progress?.Report(new ConversionProgress(done += bytes, total));
    }

    private static long SizeAs(TensorInfo info, ConversionOptions options) =>
        options.FloatType is { } type && info.DType.IsFloat() ? info.ElementCount * type.ByteSize() : info.ByteCount;
}
