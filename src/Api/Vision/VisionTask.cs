using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Api.Vision;

/// <summary>A task of computer vision that is worded as an edit.</summary>
/// <param name="Name">As in the route, or the <c>kind</c> of a restoration.</param>
/// <param name="PresetNames">What sidecars call it; the first that the model has counts.</param>
/// <param name="Wording">The instruction where the model's sidecar words none.</param>
internal sealed record VisionTask(string Name, IReadOnlyList<string> PresetNames, string Wording)
{
    public static readonly VisionTask Segment = new(
        "segment",
        ["segmentation", "segment"],
        "mark the pixels of the {target} in {color} and leave the rest unchanged"
    )
    {
        Palette = PaintPalette.Segmentation,
    };

    /// <summary>Boxes are read from the same paint.</summary>
    public static readonly VisionTask Detect = Segment with { Name = "detect" };

    public static readonly VisionTask Keypoints = new(
        "keypoints",
        ["keypoints", "keypoint", "pose"],
        "draw a {color} circle at the {target}"
    )
    {
        Palette = PaintPalette.Keypoints,
    };

    /// <summary>The restorations by their <c>kind</c>.</summary>
    public static IReadOnlyDictionary<string, VisionTask> Restorations { get; } =
        new VisionTask[]
        {
            new("denoise", ["denoising", "denoise"], "remove the noise"),
            new("deblur", ["deblurring", "deblur"], "make the picture sharp"),
            new("watermark", ["watermark_removal", "watermark", "dewatermark"], "remove the watermark"),
        }.ToDictionary(task => task.Name, StringComparer.Ordinal);

    /// <summary>The colours that models were taught to paint with; empty where nothing is painted.</summary>
    public IReadOnlyList<NamedPaint> Palette { get; init; } = [];

    /// <summary>What the model's sidecar says of it, or null.</summary>
    public TaskPreset? PresetOf(ModelDescription model) =>
        PresetNames
            .Select(name => model.Tasks.FirstOrDefault(task => task.Name.Equals(name, StringComparison.Ordinal)))
            .FirstOrDefault(preset => preset is not null);

    /// <summary>The model with the task's values in place of its own.</summary>
    public static ModelDescription Tuned(ModelDescription model, TaskPreset? preset) =>
        preset is null
            ? model
            : model with
            {
                DefaultSteps = preset.Steps,
                DefaultTextGuidanceScale = preset.TextGuidanceScale,
                DefaultImageGuidanceScale = preset.ImageGuidanceScale,
                DefaultResolution = preset.Resolution,
            };

    /// <summary>The instruction of a restoration.</summary>
    public string Word(TaskPreset preset) =>
        preset.Templates.Concat(preset.Instructions).FirstOrDefault(text => !text.Contains('{')) ?? Wording;

    /// <summary>The instruction to paint something.</summary>
    /// <param name="preset">The model's; its first template with places for both is taken.</param>
    /// <param name="target">The client's words for it; an article is dropped where the template has one.</param>
    /// <param name="color">The colour's name.</param>
    public string Word(TaskPreset preset, string target, string color)
    {
        string template =
            preset.Templates.FirstOrDefault(text =>
                text.Contains(TaskPreset.TargetPlace, StringComparison.Ordinal)
                && text.Contains(TaskPreset.ColorPlace, StringComparison.Ordinal)
            ) ?? Wording;
        string words = target.Trim();
        bool hasArticle = template.Contains($"the {TaskPreset.TargetPlace}", StringComparison.OrdinalIgnoreCase);
        foreach (string article in (string[])["the ", "a ", "an "])
        {
            if (hasArticle && words.StartsWith(article, StringComparison.OrdinalIgnoreCase))
            {
                words = words[article.Length..].TrimStart();
                break;
            }
        }
        // The client's words last: braces in them are no places.
        return template
            .Replace(TaskPreset.ColorPlace, color, StringComparison.Ordinal)
            .Replace(TaskPreset.TargetPlace, words, StringComparison.Ordinal);
    }
}
