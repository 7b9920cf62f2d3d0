using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.Training.Optimization;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Running;

/// <summary>
/// Checkpoints of a run: folders <c>step-NNNNNNNNN</c>, each complete or not there. They hold weights, averaged weights and the
/// optimizer's state as safetensors in fp32, bit for bit, and the position; randomness needs no saving.
/// </summary>
/// <param name="folder">The run's checkpoint folder; exists.</param>
internal sealed class CheckpointStore(string folder)
{
    private const int Version = 1;
    private const string ManifestName = "state.json";
    private const string NamePrefix = "step-";
    private const long MaxManifestLength = 1 << 20;

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    /// <summary>Steps of the checkpoints there are, rising.</summary>
    public IReadOnlyList<long> Steps() =>
        [
            .. Directory
                .EnumerateDirectories(folder, NamePrefix + "*")
                .Select(path => Path.GetFileName(path)[NamePrefix.Length..])
                .Select(text =>
                    long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long step) ? step : -1
                )
                .Where(step => step >= 0)
                .Order(),
        ];

    public string PathOf(long step) =>
        Path.Combine(folder, NamePrefix + step.ToString("D9", CultureInfo.InvariantCulture));

    /// <summary>Writes a checkpoint; it takes its name when all of it is on the disk.</summary>
    /// <exception cref="DiskFullException">No space is left; earlier checkpoints are as they were.</exception>
    public void Save(TrainingState state, long samplesSeen, IReadOnlyList<string> datasets)
    {
        string final = PathOf(state.Step);
        string temporary = $"{final}.tmp";
        try
        {
            Remove(temporary);
            DiskFullException.Watch(temporary, () => Write(temporary, state, samplesSeen, datasets));
            Remove(final);
            Directory.Move(temporary, final);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    /// <summary>Puts a checkpoint's values into a state of the same run.</summary>
    /// <param name="step">One of <see cref="Steps"/>.</param>
    /// <param name="state">Overwritten.</param>
    /// <param name="datasets">Fingerprints of the data sets that are trained on now.</param>
    /// <exception cref="CheckpointException">A part is missing or damaged, or it belongs to another run.</exception>
    public void Restore(long step, TrainingState state, IReadOnlyList<string> datasets)
    {
        string path = PathOf(step);
        CheckpointManifest manifest = ReadManifest(path);
        if (!manifest.Datasets.SequenceEqual(datasets, StringComparer.Ordinal))
        {
            throw new CheckpointException(
                $"{path}: was trained on data sets {string.Join(", ", manifest.Datasets)}; now they are {string.Join(", ", datasets)}"
            );
        }
        RequireIntact(path, manifest);
        foreach (var file in state.Buffers.GroupBy(buffer => buffer.File))
        {
            using SafetensorsFile source = SafetensorsFile.Open(Path.Combine(path, file.Key + ".safetensors"));
            foreach ((_, string prefix, Tensor values) in file)
            {
                Fill(source, prefix, state.Parameters.Layout, values);
            }
        }
        state.Parameters.Refresh();
        state.Optimizer.Restore(manifest.OptimizerSteps, state.Optimizer.Mean, state.Optimizer.Square);
        state.Ema.Restore(manifest.EmaUpdates, state.Ema.Values);
        state.Scaler.Restore(manifest.LossScale, manifest.FiniteSteps);
        state.Step = manifest.Step;
    }

    /// <summary>Deletes old checkpoints by the recipe's policy.</summary>
    public void Prune(RunRecipe policy)
    {
        foreach (long step in Steps().SkipLast(policy.KeepNewest))
        {
            if (policy.KeepEvery == 0 || step % policy.KeepEvery != 0)
            {
                Remove(PathOf(step));
            }
        }
    }

    /// <summary>Copies a checkpoint's weights into modules.</summary>
    /// <param name="step">One of <see cref="Steps"/>.</param>
    /// <param name="averaged">The averaged weights rather than the last ones.</param>
    /// <param name="modules">With the prefix of their names.</param>
    /// <exception cref="CheckpointException">A part is missing or damaged.</exception>
    public void CopyTo(long step, bool averaged, IReadOnlyList<(string Prefix, nn.Module Module)> modules)
    {
        string path = PathOf(step);
        RequireIntact(path, ReadManifest(path));
        FlatLayout layout = FlatLayout.Of(modules);
        using var scope = NewDisposeScope();
        Tensor values = zeros(layout.Length);
        using SafetensorsFile source = SafetensorsFile.Open(
            Path.Combine(path, averaged ? "ema.safetensors" : "parameters.safetensors")
        );
        Fill(source, "", layout, values);
        layout.CopyTo(values, modules);
    }

    private static void Write(string path, TrainingState state, long samplesSeen, IReadOnlyList<string> datasets)
    {
        Directory.CreateDirectory(path);
        var sha256 = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in state.Buffers.GroupBy(buffer => buffer.File))
        {
            string name = file.Key + ".safetensors";
            using var scope = NewDisposeScope();
            using var tensors = new NamedTensors(name);
            foreach ((_, string prefix, Tensor values) in file)
            {
                foreach ((string parameter, Tensor view) in state.Parameters.Layout.Named(values))
                {
                    tensors.Add(prefix + parameter, view);
                }
            }
            SafetensorsWriter.Write(Path.Combine(path, name), tensors);
            sha256[name] = Checksum(Path.Combine(path, name));
        }
        var manifest = new CheckpointManifest
        {
            Version = Version,
            Step = state.Step,
            SamplesSeen = samplesSeen,
            OptimizerSteps = state.Optimizer.StepCount,
            EmaUpdates = state.Ema.Updates,
            LossScale = state.Scaler.Scale,
            FiniteSteps = state.Scaler.FiniteSteps,
            Datasets = datasets,
            Sha256 = sha256,
            Time = TimeProvider.System.GetUtcNow(),
        };
        using FileStream stream = File.Create(Path.Combine(path, ManifestName));
        JsonSerializer.Serialize(stream, manifest, _json);
        stream.Flush(flushToDisk: true);
    }

    private static CheckpointManifest ReadManifest(string path)
    {
        string file = Path.Combine(path, ManifestName);
        if (!File.Exists(file))
        {
            throw new CheckpointException($"{path}: {ManifestName} is missing. {Remedy}");
        }
        try
        {
            CheckpointManifest? manifest =
                new FileInfo(file).Length <= MaxManifestLength
                    ? JsonSerializer.Deserialize<CheckpointManifest>(File.ReadAllBytes(file), _json)
                    : null;
            return manifest is { Version: Version }
                ? manifest
                : throw new CheckpointException($"{file}: of version {manifest?.Version}, expected {Version}");
        }
        catch (JsonException e)
        {
            throw new CheckpointException($"{file}: damaged: {e.Message}. {Remedy}", e);
        }
    }

    private static void RequireIntact(string path, CheckpointManifest manifest)
    {
        foreach ((string name, string sha256) in manifest.Sha256)
        {
            string file = Path.Combine(path, name);
            if (!File.Exists(file))
            {
                throw new CheckpointException($"{path}: {name} is missing. {Remedy}");
            }
            if (!string.Equals(Checksum(file), sha256, StringComparison.Ordinal))
            {
                throw new CheckpointException($"{path}: {name} is damaged: its checksum differs. {Remedy}");
            }
        }
    }

    private const string Remedy = "Delete the folder to go on from the checkpoint before it.";

    private static void Fill(SafetensorsFile source, string prefix, FlatLayout layout, Tensor values)
    {
        using var noGradient = no_grad();
        foreach ((string name, Tensor view) in layout.Named(values))
        {
            using (view)
            {
                if (
                    !source.Tensors.TryGetValue(prefix + name, out TensorInfo? info)
                    || !info.Shape.SequenceEqual(view.shape)
                )
                {
                    throw new CheckpointException(
                        $"{source.Origin}: expected {prefix + name} of shape [{string.Join(", ", view.shape)}], got {info?.ToString() ?? "none"}"
                    );
                }
                source.CopyTo(prefix + name, view);
            }
        }
    }

    private static string Checksum(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
