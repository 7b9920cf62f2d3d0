using System.CommandLine;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Cli.Checkpoints;

/// <summary><c>convert</c>: turns a checkpoint into the other layout, or its weights into another type.</summary>
internal sealed class ConvertCommand : Command
{
    private static readonly Dictionary<string, ScalarType?> Types = new(StringComparer.Ordinal)
    {
        ["fp32"] = ScalarType.Float32,
        ["fp16"] = ScalarType.Float16,
        ["bf16"] = ScalarType.BFloat16,
        ["keep"] = null,
    };

    private static readonly Dictionary<string, EmaChoice> EmaChoices = new(StringComparer.Ordinal)
    {
        ["auto"] = EmaChoice.Auto,
        ["yes"] = EmaChoice.Average,
        ["no"] = EmaChoice.Raw,
    };

    private static readonly Dictionary<string, ConversionTarget> Targets = new(StringComparer.Ordinal)
    {
        ["diffusers"] = ConversionTarget.Diffusers,
        ["ldm"] = ConversionTarget.Ldm,
    };

    private readonly Argument<string> _input = new("input")
    {
        Description = "Model folder, checkpoint file, or a part of a split download.",
    };

    private readonly Argument<string> _output = new("output")
    {
        Description = "Folder (diffusers) or .safetensors file (ldm) to make.",
    };

    private readonly Option<string> _target = Among(
        "--to",
        "diffusers or ldm. Default: by the output's name.",
        Targets.Keys
    );

    private readonly Option<string> _type = Among("--dtype", "fp32, fp16, bf16 or keep. Default: keep.", Types.Keys);

    private readonly Option<string> _ema = Among(
        "--ema",
        "Averaged UNet weights: auto (where there are some), yes or no. Default: auto.",
        EmaChoices.Keys
    );

    private readonly Option<int> _heads = Hint("--heads", "Attention heads of the UNet.", new ComponentHints().Heads);

    private readonly Option<int?> _textHeads = new("--text-heads")
    {
        Description = "Attention heads of the text encoder. Default: one for every 64 features.",
        HelpName = "count",
    };

    private readonly Option<int> _normGroups = Hint(
        "--norm-groups",
        "Groups of the group normalisations.",
        new ComponentHints().NormGroups
    );

    private readonly Option<string> _tokenizer = new("--tokenizer")
    {
        Description = "Folder with vocab.json and merges.txt. Default: the input's, or CLIP's where it fits.",
        HelpName = "folder",
    };

    private readonly Option<string> _family = FamilyOption.Create();

    private readonly Option<string> _report = new("--report")
    {
        Description = "Write what became of every tensor to this file, as JSON.",
        HelpName = "file",
    };

    private readonly Option<bool> _force = new("--force") { Description = "Replace an output that exists." };

    public ConvertCommand(Terminal terminal)
        : base("convert", "Convert a checkpoint between ldm files and diffusers folders, and between types.")
    {
        Add(_input);
        Add(_output);
        Add(_target);
        Add(_type);
        Add(_ema);
        Add(_heads);
        Add(_textHeads);
        Add(_normGroups);
        Add(_tokenizer);
        Add(_family);
        Add(_report);
        Add(_force);
        SetAction(
            async (parse, cancellationToken) =>
            {
                var conversion = new Conversion
                {
                    Input = parse.GetRequiredValue(_input),
                    Output = parse.GetRequiredValue(_output),
                    ReportPath = parse.GetValue(_report),
                    Options = Read(parse),
                };
                await conversion.RunAsync(terminal, cancellationToken);
                return ExitCode.Success;
            }
        );
    }

    private ConversionOptions Read(ParseResult parse) =>
        new()
        {
            Target = ReadTarget(parse),
            FloatType = parse.GetValue(_type) is { } type ? Types[type] : null,
            Ema = parse.GetValue(_ema) is { } ema ? EmaChoices[ema] : EmaChoice.Auto,
            Hints = new ComponentHints
            {
                Heads = Positive("--heads", parse.GetValue(_heads)),
                TextHeads = parse.GetValue(_textHeads) is { } heads ? Positive("--text-heads", heads) : null,
                NormGroups = Positive("--norm-groups", parse.GetValue(_normGroups)),
            },
            Sidecar = ReadSidecar(parse),
            TokenizerFolder = parse.GetValue(_tokenizer),
            Overwrite = parse.GetValue(_force),
        };

    private ConversionTarget ReadTarget(ParseResult parse)
    {
        string output = parse.GetRequiredValue(_output);
        bool isFile = output.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);
        ConversionTarget byName = isFile ? ConversionTarget.Ldm : ConversionTarget.Diffusers;
        ConversionTarget target = parse.GetValue(_target) is { } asked ? Targets[asked] : byName;
        if (target != byName)
        {
            throw new UsageException(
                target == ConversionTarget.Ldm
                    ? $"--to ldm makes a file whose name must end in .safetensors, got '{output}'"
                    : $"--to diffusers makes a folder, whose name cannot end in .safetensors, got '{output}'"
            );
        }
        return target;
    }

    /// <summary>With the family told, the output gets a sidecar whether or not the input is known.</summary>
    private ModelSidecar? ReadSidecar(ParseResult parse)
    {
        if (FamilyOption.Read(parse, _family) is not { } family)
        {
            return null;
        }
        string output = Path.TrimEndingDirectorySeparator(parse.GetRequiredValue(_output));
        return KnownModels.SidecarOf(parse.GetRequiredValue(_input)) is { } known
            ? known with
            {
                GuidanceFamily = family,
            }
            : new ModelSidecar { Name = Path.GetFileNameWithoutExtension(output), GuidanceFamily = family };
    }

    private static int Positive(string name, int value) =>
        value >= 1 ? value : throw new UsageException($"{name} must be at least 1, got {value}");

    private static Option<string> Among(string name, string description, IEnumerable<string> values) =>
        new Option<string>(name) { Description = description, HelpName = "name" }.AcceptOnlyFromAmong([.. values]);

    private static Option<int> Hint(string name, string what, int byDefault) =>
        new(name)
        {
            Description = $"{what} Used where no config.json says.",
            HelpName = "count",
            DefaultValueFactory = _ => byDefault,
        };
}
