using System.Text.Json;
using System.Text.Json.Serialization;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Engine.Loading;

/// <summary>
/// What a model's tensors cannot say: <c>instructdiffusion.json</c> in a model folder, or <c>NAME.instructdiffusion.json</c>
/// beside a single file. Fields in snake_case; unknown ones are errors, so that a misspelt one is not silently ignored.
/// </summary>
public sealed record ModelSidecar
{
    /// <summary>Its name in a model folder, and the ending of its name beside a file.</summary>
    public const string FileName = "instructdiffusion.json";

    private const long MaxLength = 1 << 20;

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>Short name for people and clients.</summary>
    public required string Name { get; init; }

    /// <summary>How the guidance branches are combined. Nothing in the weights tells.</summary>
    public required GuidanceFamily GuidanceFamily { get; init; }

    /// <summary>How the working size follows from a picture's.</summary>
    public WorkingSizeRule SizeRule { get; init; } = WorkingSizeRule.CommandLine;

    /// <summary>Resolution when a request names none.</summary>
    public int DefaultResolution { get; init; } = 512;

    /// <summary>Steps when a request names none.</summary>
    public int DefaultSteps { get; init; } = 50;

    /// <summary>s_T when a request names none.</summary>
    public double DefaultTextGuidanceScale { get; init; } = 5.0;

    /// <summary>s_I when a request names none.</summary>
    public double DefaultImageGuidanceScale { get; init; } = 1.25;

    /// <summary>The model's weights are random: it shows that everything works and makes no pictures.</summary>
    public bool Untrained { get; init; }

    /// <summary>Kinds of task it was trained for; those without a preset take the model's own values.</summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Values that work, by task.</summary>
    public IReadOnlyList<TaskPreset> Presets { get; init; } = [];

    /// <summary>Licence of the weights, as an SPDX name or in words.</summary>
    public string? License { get; init; }

    /// <summary>Anything else a user should know.</summary>
    public string? Notes { get; init; }

    /// <summary>The sidecar of a model folder or file, or null where there is none.</summary>
    /// <exception cref="CheckpointFormatException">There is one, and it is malformed.</exception>
    public static ModelSidecar? Find(string modelPath)
    {
        var path = PathFor(modelPath);
        return File.Exists(path) ? Load(path) : null;
    }

    /// <summary>Where the sidecar of a model folder or file belongs.</summary>
    public static string PathFor(string modelPath) =>
        Directory.Exists(modelPath) ? Path.Combine(modelPath, FileName) : $"{modelPath}.{FileName}";

    /// <summary>Reads a sidecar file.</summary>
    /// <exception cref="CheckpointFormatException">It is malformed or out of range; says which field.</exception>
    public static ModelSidecar Load(string path)
    {
        if (new FileInfo(path).Length > MaxLength)
        {
            throw new CheckpointFormatException(path, $"a sidecar is at most {MaxLength} bytes");
        }
        try
        {
            var sidecar =
                JsonSerializer.Deserialize<ModelSidecar>(File.ReadAllBytes(path), _json)
                ?? throw new JsonException("it is null");
            sidecar.Validate();
            return sidecar;
        }
        catch (JsonException e)
        {
            throw new CheckpointFormatException(path, $"not a usable sidecar: {e.Message}", e);
        }
    }

    /// <summary>Writes the sidecar, replacing one that is there.</summary>
    public void Save(string path) => File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(this, _json));

    private void Validate()
    {
        Require(!string.IsNullOrWhiteSpace(Name), "name must not be empty");
        RequireValues("default_", DefaultSteps, DefaultResolution, DefaultTextGuidanceScale, DefaultImageGuidanceScale);
        Require(Tasks.All(task => !string.IsNullOrWhiteSpace(task)), "tasks: a name is empty");
        foreach (var p in Presets)
        {
            Require(!string.IsNullOrWhiteSpace(p.Name), "presets: a name is empty");
            RequireValues($"preset {p.Name}: ", p.Steps, p.Resolution, p.TextGuidanceScale, p.ImageGuidanceScale);
            Require(
                p.Instructions.All(i => !string.IsNullOrWhiteSpace(i)),
                $"preset {p.Name}: an instruction is empty"
            );
            foreach (string template in p.Templates)
            {
                RequireTemplate($"preset {p.Name}: ", template);
            }
            Require(
                p.DiscRadius is null or (> 0 and <= 0.1),
                $"preset {p.Name}: disc_radius must be above 0 and at most 0.1"
            );
        }
        var twice = Presets.CountBy(p => p.Name, StringComparer.Ordinal).FirstOrDefault(c => c.Value > 1).Key;
        Require(twice is null, $"presets: '{twice}' is there twice");
    }

    private static void RequireTemplate(string where, string template)
    {
        Require(!string.IsNullOrWhiteSpace(template), $"{where}a template is empty");
        string rest = template
            .Replace(TaskPreset.TargetPlace, "", StringComparison.Ordinal)
            .Replace(TaskPreset.ColorPlace, "", StringComparison.Ordinal);
        Require(
            !rest.AsSpan().ContainsAny('{', '}'),
            $"{where}the template '{template}' has a place that is neither {TaskPreset.TargetPlace} nor {TaskPreset.ColorPlace}"
        );
    }

    private static void RequireValues(string where, int steps, int resolution, double text, double image)
    {
        Require(steps is >= 1 and <= EditRequest.MaxSteps, $"{where}steps must be 1…{EditRequest.MaxSteps}");
        Require(resolution is >= 64 and <= 8192, $"{where}resolution must be 64…8192");
        Require(text is >= 0 and <= EditRequest.MaxGuidanceScale, $"{where}text_guidance_scale is out of range");
        Require(image is >= 0 and <= EditRequest.MaxGuidanceScale, $"{where}image_guidance_scale is out of range");
    }

    private static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new JsonException(problem);
        }
    }
}
