using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Cli.Edit;

/// <summary><c>edit</c>: changes a picture by an instruction. The authors' option names are accepted beside the clear ones.</summary>
internal sealed partial class EditCommand : Command
{
    private const int MaxCount = 1000;
    private const int MaxSide = 4096;

    /// <summary>Random seeds stay short, because they are part of file names.</summary>
    private const int RandomSeeds = 1_000_000;

    public EditCommand(Terminal terminal, OpenModel openModel)
        : base("edit", "Edit a picture by an instruction.")
    {
        Add(_model);
        Add(_base);
        Add(_input);
        Add(_instruction);
        Add(_negativeInstruction);
        Add(_output);
        Add(_outputFolder);
        Add(_task);
        Add(_resolution);
        Add(_size);
        Add(_steps);
        Add(_seed);
        Add(_count);
        Add(_textGuidanceScale);
        Add(_imageGuidanceScale);
        Add(_sampler);
        Add(_eta);
        Add(_device);
        Add(_precision);
        Add(_rawWeights);
        Add(_family);
        Add(_sizeRule);
        Add(_placement);
        Add(_threads);
        Add(_plainKernels);
        Add(_quality);
        Add(_force);
        SetAction(
            async (parse, cancellationToken) =>
            {
                await new EditRun(Read(parse), openModel, terminal).RunAsync(cancellationToken);
                return ExitCode.Success;
            }
        );
    }

    private EditOptions Read(ParseResult parse)
    {
        string? sampler = parse.GetValue(_sampler);
        double eta = parse.GetValue(_eta);
        if (eta != 0 && sampler is not (null or "ddim"))
        {
            throw new UsageException($"--eta is of the sampler ddim alone, not of {sampler}");
        }
        int count = Require("--count", parse.GetValue(_count), 1, MaxCount);
        return new EditOptions
        {
            Model = ReadModel(parse),
            InputPath = parse.GetRequiredValue(_input),
            Instruction = parse.GetRequiredValue(_instruction),
            NegativeInstruction = parse.GetRequiredValue(_negativeInstruction),
            Output = ReadOutput(parse),
            Task = parse.GetValue(_task),
            Size = ReadSize(parse),
            Resolution = parse.GetValue(_resolution) is { } side
                ? Require("--resolution", side, WorkingSizeRules.Multiple, MaxSide)
                : null,
            SizeRule = parse.GetValue(_sizeRule) is { } rule ? SizeRules[rule] : null,
            Placement = parse.GetValue(_placement) is { } placement ? Placements[placement] : CanvasPlacement.Pad,
            Steps = parse.GetValue(_steps),
            TextGuidanceScale = parse.GetValue(_textGuidanceScale),
            ImageGuidanceScale = parse.GetValue(_imageGuidanceScale),
            Sampler = sampler is null ? null : SamplerNames.ByName[sampler],
            Eta = eta,
            Seed = ReadSeed(parse.GetValue(_seed), count),
            Count = count,
            Quality = Require("--quality", parse.GetValue(_quality), 1, 100),
            Force = parse.GetValue(_force),
        };
    }

    private ModelLoadOptions ReadModel(ParseResult parse)
    {
        string device = parse.GetRequiredValue(_device);
        if (!DeviceForm().IsMatch(device))
        {
            throw new UsageException($"--device must be cpu, cuda or cuda:N, got '{device}'");
        }
        return new ModelLoadOptions
        {
            Path = parse.GetValue(_model) ?? ModelLoader.DefaultModelPath,
            Device = device,
            BasePath = parse.GetValue(_base),
            Precision = parse.GetValue(_precision) is { } precision ? Precisions[precision] : Precision.Fp32,
            PreferEma = !parse.GetValue(_rawWeights),
            Family = FamilyOption.Read(parse, _family),
            Threads = parse.GetValue(_threads) is { } threads ? Require("--threads", threads, 1, 1024) : null,
            PlainKernels = parse.GetValue(_plainKernels),
        };
    }

    private string? ReadOutput(ParseResult parse)
    {
        string? output = parse.GetValue(_output);
        if (parse.GetValue(_outputFolder) is not { } folder)
        {
            return output;
        }
        return output is null
            ? folder + Path.DirectorySeparatorChar
            : throw new UsageException("--output and --outdir exclude each other");
    }

    private ImageSize? ReadSize(ParseResult parse)
    {
        if (parse.GetValue(_size) is not { } size)
        {
            return null;
        }
        if (parse.GetValue(_resolution) is not null || parse.GetValue(_sizeRule) is not null)
        {
            throw new UsageException("--size excludes --resolution and --size-rule");
        }
        string[] sides = size.Split('x');
        return sides.Length == 2 && ReadSide(sides[0]) is { } width && ReadSide(sides[1]) is { } height
            ? new ImageSize(width, height)
            : throw new UsageException(
                $"--size must be WIDTHxHEIGHT, both multiples of {WorkingSizeRules.Multiple} up to {MaxSide}, e.g. 768x512, got '{size}'"
            );
    }

    private static int? ReadSide(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int side)
        && side is >= WorkingSizeRules.Multiple and <= MaxSide
        && side % WorkingSizeRules.Multiple == 0
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

    [GeneratedRegex("^(cpu|cuda(:[0-9]{1,2})?)$", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex DeviceForm();
}
