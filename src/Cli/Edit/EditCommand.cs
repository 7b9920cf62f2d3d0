using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Cli.Edit;

/// <summary><c>edit</c>: changes a picture by an instruction. The authors' option names are accepted beside the clear ones.</summary>
internal static partial class EditCommand
{
    private const int MaxCount = 1000;
    private const int MaxResolution = 4096;

    /// <summary>Random seeds stay short, because they are part of file names.</summary>
    private const int RandomSeeds = 1_000_000;

    private static readonly Option<string> Model = new("--model", "-m", "--ckpt")
    {
        Description = "Model folder or checkpoint file.",
        HelpName = "path",
        Required = true,
    };

    private static readonly Option<string> Input = new("--input", "-i", "--image")
    {
        Description = "The picture to edit (PNG, JPEG or WebP).",
        HelpName = "file",
        Required = true,
    };

    private static readonly Option<string> Instruction = new("--instruction", "-t", "--edit")
    {
        Description = "What to do with it.",
        HelpName = "text",
        Required = true,
    };

    private static readonly Option<string> NegativeInstruction = new("--negative-instruction")
    {
        Description = "Text of the branch without instruction.",
        HelpName = "text",
        DefaultValueFactory = static _ => "",
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description =
            "Picture to write (.png, .jpg, .webp), or a folder. Default: INPUT_seedSEED.png here. "
            + "A PNG holds its parameters.",
        HelpName = "path",
    };

    private static readonly Option<string> OutputFolder = new("--outdir")
    {
        Description = "Folder to write to; made if missing.",
        HelpName = "folder",
    };

    private static readonly Option<int?> Resolution = new("--resolution")
    {
        Description = "Resolution the size rule works with, in pixels. Default: the model's, usually 512.",
    };

    private static readonly Option<string> Size = new("--size")
    {
        Description = "Exact working size instead, e.g. 768x512; multiples of 64.",
        HelpName = "WxH",
    };

    private static readonly Option<int?> Steps = new("--steps")
    {
        Description = "Denoising steps. Default: the model's.",
    };

    private static readonly Option<long?> Seed = new("--seed")
    {
        Description = "Seed of the noise. Default: random, and printed.",
    };

    private static readonly Option<int> Count = new("--count", "-n")
    {
        Description = "Pictures to make, with the seeds SEED, SEED+1, …",
        DefaultValueFactory = static _ => 1,
    };

    private static readonly Option<double?> TextGuidanceScale = new("--text-guidance-scale", "--cfg-text")
    {
        Description = "How strongly the instruction is followed. Default: the model's.",
    };

    private static readonly Option<double?> ImageGuidanceScale = new("--image-guidance-scale", "--cfg-image")
    {
        Description = "How closely the picture is kept. Default: the model's.",
    };

    private static readonly Option<string> Sampler = Among("--sampler", [.. SamplerNames.ByName.Keys]);

    private static readonly Option<double> Eta = new("--eta")
    {
        Description = "Stochasticity of the sampler ddim, 0 to 1.",
        DefaultValueFactory = static _ => 0,
    };

    private static readonly Option<string> Device = new("--device")
    {
        Description = "cpu, cuda or cuda:N.",
        DefaultValueFactory = static _ => "cpu",
    };

    private static readonly Option<string> Precision = Among("--precision", ["fp32", "fp16", "bf16"], "fp32");

    private static readonly Option<string> SizeRule = Among("--size-rule", ["cli", "cli-legacy", "app"], "cli");

    private static readonly Option<string> Placement = Among("--placement", ["pad", "crop"], "pad");

    private static readonly Option<int?> Threads = new("--threads")
    {
        Description = "Threads for the arithmetic. Default: one for each core.",
    };

    private static readonly Option<int> Quality = new("--quality")
    {
        Description = "Quality of JPEG and WebP, 1 to 100.",
        DefaultValueFactory = static _ => ImageCodec.DefaultQuality,
    };

    private static readonly Option<bool> Force = new("--force") { Description = "Replace pictures that exist." };

    public static Command Create(Terminal terminal, Func<ModelOptions, LoadedModel> openModel)
    {
        Sampler.Description = "The sampler. Default: the model's, usually ddim.";
        Precision.Description = "Precision of the weights.";
        SizeRule.Description =
            "How picture and resolution give the working size: cli, cli-legacy (bit for bit the authors'), app.";
        Placement.Description = "pad keeps the whole picture, crop cuts it as the authors' program does.";
        var command = new Command("edit", "Edit a picture by an instruction.")
        {
            Model,
            Input,
            Instruction,
            NegativeInstruction,
            Output,
            OutputFolder,
            Resolution,
            Size,
            Steps,
            Seed,
            Count,
            TextGuidanceScale,
            ImageGuidanceScale,
            Sampler,
            Eta,
            Device,
            Precision,
            SizeRule,
            Placement,
            Threads,
            Quality,
            Force,
        };
        command.SetAction(
            async (parse, cancellationToken) =>
            {
                await new EditRun(Read(parse), openModel, terminal).RunAsync(cancellationToken);
                return ExitCode.Success;
            }
        );
        return command;
    }

    private static EditOptions Read(ParseResult parse)
    {
        string? sampler = parse.GetValue(Sampler);
        double eta = parse.GetValue(Eta);
        if (eta != 0 && sampler is not (null or "ddim"))
        {
            throw new UsageException($"--eta is of the sampler ddim alone, not of {sampler}");
        }
        int count = Require("--count", parse.GetValue(Count), 1, MaxCount);
        return new EditOptions
        {
            Model = ReadModel(parse),
            InputPath = parse.GetRequiredValue(Input),
            Instruction = parse.GetRequiredValue(Instruction),
            NegativeInstruction = parse.GetRequiredValue(NegativeInstruction),
            Output = ReadOutput(parse),
            WorkingSize = ReadWorkingSize(parse),
            Steps = parse.GetValue(Steps),
            TextGuidanceScale = parse.GetValue(TextGuidanceScale),
            ImageGuidanceScale = parse.GetValue(ImageGuidanceScale),
            Sampler = sampler is null ? null : SamplerNames.ByName[sampler],
            Eta = eta,
            Seed = ReadSeed(parse.GetValue(Seed), count),
            Count = count,
            Quality = Require("--quality", parse.GetValue(Quality), 1, 100),
            Force = parse.GetValue(Force),
        };
    }

    private static ModelOptions ReadModel(ParseResult parse)
    {
        string device = parse.GetRequiredValue(Device);
        if (!DeviceForm().IsMatch(device))
        {
            throw new UsageException($"--device must be cpu, cuda or cuda:N, got '{device}'");
        }
        return new ModelOptions
        {
            Path = parse.GetRequiredValue(Model),
            Device = device,
            Precision = parse.GetRequiredValue(Precision),
            SizeRule = parse.GetRequiredValue(SizeRule),
            Placement = parse.GetRequiredValue(Placement),
            Threads = parse.GetValue(Threads) is { } threads ? Require("--threads", threads, 1, 1024) : null,
        };
    }

    private static string? ReadOutput(ParseResult parse)
    {
        string? output = parse.GetValue(Output);
        if (parse.GetValue(OutputFolder) is not { } folder)
        {
            return output;
        }
        return output is null
            ? folder + Path.DirectorySeparatorChar
            : throw new UsageException("--output and --outdir exclude each other");
    }

    private static WorkingSize? ReadWorkingSize(ParseResult parse)
    {
        int? resolution = parse.GetValue(Resolution);
        if (parse.GetValue(Size) is not { } size)
        {
            return resolution is { } side ? WorkingSize.Of(Require("--resolution", side, 64, MaxResolution)) : null;
        }
        if (resolution is not null)
        {
            throw new UsageException("--resolution and --size exclude each other");
        }
        string[] sides = size.Split('x');
        return sides.Length == 2 && ReadSide(sides[0]) is { } width && ReadSide(sides[1]) is { } height
            ? WorkingSize.Of(new ImageSize(width, height))
            : throw new UsageException(
                $"--size must be WIDTHxHEIGHT, both multiples of 64 up to {MaxResolution}, e.g. 768x512, got '{size}'"
            );
    }

    private static int? ReadSide(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int side)
        && side is >= 64 and <= MaxResolution
        && side % 64 == 0
            ? side
            : null;

    private static long ReadSeed(long? asked, int count)
    {
        long seed = asked ?? RandomNumberGenerator.GetInt32(RandomSeeds);
        return seed is >= 0 && seed <= long.MaxValue - count
            ? seed
            : throw new UsageException($"--seed must be between 0 and {long.MaxValue - count}, got {seed}");
    }

    private static int Require(string name, int value, int min, int max) =>
        value >= min && value <= max
            ? value
            : throw new UsageException($"{name} must be between {min} and {max}, got {value}");

    private static Option<string> Among(string name, string[] values, string? byDefault = null)
    {
        var option = new Option<string>(name);
        if (byDefault is not null)
        {
            option.DefaultValueFactory = _ => byDefault;
        }
        return option.AcceptOnlyFromAmong(values);
    }

    [GeneratedRegex("^(cpu|cuda(:[0-9]{1,2})?)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex DeviceForm();
}
