using System.CommandLine;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Cli.Edit;

internal sealed partial class EditCommand
{
    private static readonly Dictionary<string, WorkingSizeRule> SizeRules = new(StringComparer.Ordinal)
    {
        ["cli"] = WorkingSizeRule.CommandLine,
        ["cli-legacy"] = WorkingSizeRule.CommandLineLegacy,
        ["app"] = WorkingSizeRule.WebApp,
    };

    private static readonly Dictionary<string, CanvasPlacement> Placements = new(StringComparer.Ordinal)
    {
        ["pad"] = CanvasPlacement.Pad,
        ["crop"] = CanvasPlacement.Crop,
    };

    private static readonly Dictionary<string, Precision> Precisions = new(StringComparer.Ordinal)
    {
        ["fp32"] = Precision.Fp32,
        ["fp16"] = Precision.Fp16,
        ["bf16"] = Precision.Bf16,
    };

    private readonly Option<string> _model = new("--model", "-m", "--ckpt")
    {
        Description = "Model folder or checkpoint file. Default: the small model that comes with the program.",
        HelpName = "path",
    };

    private readonly Option<string> _base = new("--base")
    {
        Description =
            "Model that gives the components which the model lacks, e.g. Stable Diffusion 1.5 for a training state.",
        HelpName = "path",
    };

    private readonly Option<string> _input = new("--input", "-i", "--image")
    {
        Description = "The picture to edit (PNG, JPEG or WebP).",
        HelpName = "file",
        Required = true,
    };

    private readonly Option<string> _instruction = new("--instruction", "-t", "--edit")
    {
        Description = "What to do with it.",
        HelpName = "text",
        Required = true,
    };

    private readonly Option<string> _negativeInstruction = new("--negative-instruction")
    {
        Description = "Text of the branch without instruction.",
        HelpName = "text",
        DefaultValueFactory = static _ => "",
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description =
            "Picture to write (.png, .jpg, .webp), or a folder. Default: INPUT_seedSEED.png here. "
            + "A PNG holds its parameters.",
        HelpName = "path",
    };

    private readonly Option<string> _outputFolder = new("--outdir")
    {
        Description = "Folder to write to; made if missing.",
        HelpName = "folder",
    };

    private readonly Option<string> _task = new("--task")
    {
        Description = "The model's preset for a kind of task: its steps, scales and resolution ('inspect' lists them).",
        HelpName = "name",
    };

    private readonly Option<int?> _resolution = new("--resolution")
    {
        HelpName = "pixels",
        Description = "Resolution the size rule works with, in pixels. Default: the model's, usually 512.",
    };

    private readonly Option<string> _size = new("--size")
    {
        Description = "Exact working size instead, e.g. 768x512; multiples of 64.",
        HelpName = "WxH",
    };

    private readonly Option<int?> _steps = new("--steps")
    {
        HelpName = "count",
        Description = "Denoising steps. Default: the model's.",
    };

    private readonly Option<long?> _seed = new("--seed")
    {
        HelpName = "number",
        Description = "Seed of the noise. Default: random, and printed.",
    };

    private readonly Option<int> _count = new("--count", "-n")
    {
        HelpName = "count",
        Description = "Pictures to make, with the seeds SEED, SEED+1, …",
        DefaultValueFactory = static _ => 1,
    };

    private readonly Option<double?> _textGuidanceScale = new("--text-guidance-scale", "--cfg-text")
    {
        HelpName = "number",
        Description = "How strongly the instruction is followed. Default: the model's.",
    };

    private readonly Option<double?> _imageGuidanceScale = new("--image-guidance-scale", "--cfg-image")
    {
        HelpName = "number",
        Description = "How closely the picture is kept. Default: the model's.",
    };

    private readonly Option<string> _sampler = Among(
        "--sampler",
        $"{string.Join(", ", SamplerNames.ByName.Keys)}. Default: the model's, usually ddim.",
        [.. SamplerNames.ByName.Keys]
    );

    private readonly Option<double> _eta = new("--eta")
    {
        HelpName = "number",
        Description = "Stochasticity of the sampler ddim, 0 to 1.",
        DefaultValueFactory = static _ => 0,
    };

    private readonly Option<string> _device = new("--device")
    {
        HelpName = "name",
        Description = "cpu, cuda or cuda:N.",
        DefaultValueFactory = static _ => "cpu",
    };

    private readonly Option<string> _precision = Among(
        "--precision",
        "Precision of the UNet: fp32, fp16 or bf16. fp16 and bf16 are for GPUs. Default: fp32.",
        [.. Precisions.Keys]
    );

    private readonly Option<bool> _rawWeights = new("--raw-weights")
    {
        Description = "Of a training checkpoint take the raw weights instead of their average.",
    };

    private readonly Option<string> _family = FamilyOption.Create();

    private readonly Option<string> _sizeRule = Among(
        "--size-rule",
        "How picture and resolution give the working size: cli, cli-legacy (the authors' rounding slip too) or app. Default: the model's.",
        [.. SizeRules.Keys]
    );

    private readonly Option<string> _placement = Among(
        "--placement",
        "pad keeps the whole picture, crop cuts it as the authors' program does. Default: pad.",
        [.. Placements.Keys]
    );

    private readonly Option<int?> _threads = new("--threads")
    {
        HelpName = "count",
        Description = "Threads for the arithmetic. Default: one for each core.",
    };

    private readonly Option<bool> _plainKernels = new("--plain-kernels")
    {
        Description = "Compute with libtorch's own convolutions: slower on a CPU, with less memory.",
    };

    private readonly Option<int> _quality = new("--quality")
    {
        HelpName = "number",
        Description = "Quality of JPEG and WebP, 1 to 100.",
        DefaultValueFactory = static _ => ImageCodec.DefaultQuality,
    };

    private readonly Option<bool> _force = new("--force") { Description = "Replace pictures that exist." };

    private static Option<string> Among(string name, string description, string[] values) =>
        new Option<string>(name) { Description = description, HelpName = "name" }.AcceptOnlyFromAmong(values);
}
