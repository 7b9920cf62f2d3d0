using System.Text.Json;
using System.Text.Json.Serialization;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>Fitted models as files: one safetensors file, whose metadata hold the settings as JSON under <c>giqa</c>.</summary>
internal static class QualityFile
{
    private const string Key = "giqa";
    private const string MeanName = "pca.mean";
    private const string ComponentsName = "pca.components";

    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        MaxDepth = 8,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>Writes a model; an existing file is replaced by the whole new one.</summary>
    public static void Write(string path, IQualityModel model, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        QualityState state = model.State();
        using var tensors = new NamedTensors(path);
        foreach ((string name, Tensor value) in state.Tensors)
        {
            tensors.Add(name, value);
        }
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Key] = JsonSerializer.Serialize(state.Settings, _json),
        };
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        SafetensorsWriter.Write(path, tensors, metadata: metadata, cancellationToken: cancellationToken);
    }

    /// <summary>Reads a model; its numbers must be finite and fit together.</summary>
    /// <exception cref="ScoringException">It is no model of quality, or damaged.</exception>
    /// <exception cref="CheckpointFormatException">It is no safetensors file, or damaged.</exception>
    public static (IQualityModel Model, QualitySettings Settings) Read(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        QualitySettings settings = SettingsOf(file, path);
        try
        {
            return (Build(file, settings), settings);
        }
        catch (Exception error) when (error is ArgumentException or KeyNotFoundException)
        {
            throw new ScoringException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>Adds principal components, where there are any, to what is written.</summary>
    public static void AddComponents(Dictionary<string, Tensor> tensors, PrincipalComponents? components)
    {
        if (components is not null)
        {
            tensors[MeanName] = components.Mean.alias();
            tensors[ComponentsName] = components.Components.alias();
        }
    }

    private static IQualityModel Build(SafetensorsFile file, QualitySettings settings)
    {
        if (settings.Kind is QualityKind.Mbc or QualityKind.Progress)
        {
            return HeadOf(file, settings);
        }
        using var scope = NewDisposeScope(); // models keep copies
        return settings.Kind == QualityKind.Knn
            ? new KnnQuality(settings, ComponentsOf(file), Read(file, "gallery"))
            : new GmmQuality(
                settings,
                ComponentsOf(file),
                new GaussianMixture(Read(file, "weights"), Read(file, "means"), Read(file, "covariances"))
            );
    }

    private static ProgressQuality HeadOf(SafetensorsFile file, QualitySettings settings)
    {
        ProgressSettings own = settings.Progress ?? throw new ScoringException("progress: its settings are missing");
        if (file.Info("hidden.weight").Shape is not [var hidden, var features])
        {
            throw new ScoringException($"{file.Origin}: 'hidden.weight' is no matrix");
        }
        var head = new ProgressHead((int)features, (int)hidden, ProgressQuality.OutputsOf(settings.Kind, own));
        try
        {
            StateDictLoader.Load(head, file);
            return new ProgressQuality(settings, head);
        }
        catch
        {
            head.Dispose();
            throw;
        }
    }

    private static QualitySettings SettingsOf(SafetensorsFile file, string path)
    {
        if (!file.Metadata.TryGetValue(Key, out string? text))
        {
            throw new ScoringException($"{path}: no model of quality: its metadata have no '{Key}'");
        }
        try
        {
            QualitySettings settings =
                JsonSerializer.Deserialize<QualitySettings>(text, _json)
                ?? throw new ScoringException($"{path}: its settings are null");
            return settings.Version == QualitySettings.CurrentVersion
                ? settings
                : throw new ScoringException(
                    $"{path}: version: expected {QualitySettings.CurrentVersion}, got {settings.Version}"
                );
        }
        catch (JsonException error)
        {
            throw new ScoringException($"{path}: {error.Message}", error);
        }
    }

    private static PrincipalComponents? ComponentsOf(SafetensorsFile file) =>
        file.Tensors.ContainsKey(MeanName)
            ? new PrincipalComponents(Read(file, MeanName), Read(file, ComponentsName))
            : null;

    private static Tensor Read(SafetensorsFile file, string name)
    {
        Tensor value = TensorSources.Read(file, name);
        return value.isfinite().all().item<bool>()
            ? value
            : throw new ScoringException($"{file.Origin}: '{name}' holds NaN or infinity");
    }
}
