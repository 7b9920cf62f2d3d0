using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Engine.Loading;

/// <summary>Sidecars of published models, recognised by their file or folder name.</summary>
public static class KnownModels
{
    private const string OpenRail = "CreativeML OpenRAIL-M (weights derived from Stable Diffusion 1.5)";

    /// <summary>The authors' inference_example.sh, and 1/1 for deblurring and denoising by analogy.</summary>
    private static readonly IReadOnlyList<TaskPreset> _instructDiffusionPresets =
    [
        Preset("edit", 5.0, 1.25, "Make it a watercolour painting.", "Add a red hat."),
        Preset("style", 5.0, 1.25, "Turn it into the style of Van Gogh.") with
        {
            Resolution = 768,
        },
        Preset("segmentation", 7.5, 1.5, "Place a blue mask on the cat.") with
        {
            Templates = ["Place a {color} mask on the {target}."],
        },
        Preset("keypoints", 6.0, 0.5, "Use yellow to encircle the left knee of the person.") with
        {
            Templates = ["Use {color} to encircle the {target}."],
        },
        Preset("watermark_removal", 1.0, 1.0, "Remove the watermark on this picture."),
        Preset("deblurring", 1.0, 1.0, "Make the picture clearer."),
        Preset("denoising", 1.0, 1.0, "Remove the noise from this picture."),
    ];

    // Longer names first: the human-aligned model's begins like the task model's.
    private static readonly (string NamePart, ModelSidecar Sidecar)[] _models =
    [
        (
            "adaption-task-humanalign",
            InstructDiffusion("instruct-diffusion-humanalign", 7.0, WorkingSizeRule.WebApp, 50)
        ),
        ("adaption-task", InstructDiffusion("instruct-diffusion", 5.0, WorkingSizeRule.CommandLine, 100)),
        ("instructdiffusion", InstructDiffusion("instruct-diffusion", 5.0, WorkingSizeRule.CommandLine, 100)),
        ("instruct-diffusion", InstructDiffusion("instruct-diffusion", 5.0, WorkingSizeRule.CommandLine, 100)),
        ("instruct-pix2pix", InstructPix2Pix("instruct-pix2pix")),
        ("instructpix2pix", InstructPix2Pix("instruct-pix2pix")),
        ("magicbrush", InstructPix2Pix("magicbrush")),
        ("magic-brush", InstructPix2Pix("magicbrush")),
    ];

    /// <summary>The sidecar of a published model with this name, or null. Later fine-tunes that keep a name keep its family.</summary>
    /// <param name="path">File or folder; only its last part counts.</param>
    public static ModelSidecar? Find(string path)
    {
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return _models.FirstOrDefault(m => name.Contains(m.NamePart, StringComparison.OrdinalIgnoreCase)).Sidecar;
    }

    /// <summary>
    /// The sidecar of a model: its own file if there is one, otherwise that of the published model it is named after;
    /// null where the user has to say what it is.
    /// </summary>
    public static ModelSidecar? SidecarOf(string modelPath) => ModelSidecar.Find(modelPath) ?? Find(modelPath);

    private static ModelSidecar InstructDiffusion(string name, double textScale, WorkingSizeRule rule, int steps) =>
        new()
        {
            Name = name,
            GuidanceFamily = GuidanceFamily.InstructDiffusion,
            SizeRule = rule,
            DefaultSteps = steps,
            DefaultTextGuidanceScale = textScale,
            DefaultImageGuidanceScale = 1.25,
            Tasks = [.. _instructDiffusionPresets.Select(p => p.Name)],
            Presets = _instructDiffusionPresets,
            License = OpenRail,
            Notes = "Geng et al. 2023, arXiv:2309.03895.",
        };

    private static ModelSidecar InstructPix2Pix(string name) =>
        new()
        {
            Name = name,
            GuidanceFamily = GuidanceFamily.InstructPix2Pix,
            DefaultSteps = 100,
            DefaultTextGuidanceScale = 7.5,
            DefaultImageGuidanceScale = 1.5,
            Tasks = ["edit"],
            Presets = [Preset("edit", 7.5, 1.5, "Let it snow.")],
            License = OpenRail,
        };

    private static TaskPreset Preset(string name, double textScale, double imageScale, params string[] instructions) =>
        new()
        {
            Name = name,
            TextGuidanceScale = textScale,
            ImageGuidanceScale = imageScale,
            Steps = 100,
            Resolution = 512,
            Instructions = instructions,
        };
}
