using System.CommandLine;
using System.CommandLine.Parsing;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Evaluation;

namespace InstructDiffusion.Training.Commands;

/// <summary>What <c>evaluate</c> is told.</summary>
internal sealed class EvaluateOptions
{
    private const string HeldOut = "held_out";
    private const string Familiar = "familiar";
    private const int AutoencoderResolution = 64;
    private const int MaxCount = 100_000;

    // What a sweep tries where nothing is said: small models like weak guidance.
    private static readonly double[] _textScales = [1, 1.5, 2, 3, 5];
    private static readonly double[] _imageScales = [1, 1.25, 1.5];

    public Option<string?> Model { get; } =
        new("--model", "-m")
        {
            Description = "Model folder or checkpoint file. Over HTTP it is the one that the server has.",
            HelpName = "path",
        };

    public Option<string?> Autoencoder { get; } =
        new("--autoencoder")
        {
            Description = "Look at this model's autoencoder alone: a folder with vae/, the rest need not be there.",
            HelpName = "path",
        };

    public Option<string?> Data { get; } =
        new("--data") { Description = "A folder that 'data demo' built.", HelpName = "folder" };

    /// <summary>For a protocol of the paper in place of the demo data's tasks.</summary>
    public ProtocolOptions Protocols { get; } = new();

    public Option<string?> Out { get; } =
        new("--out", "-o")
        {
            Description =
                "Folder for report.json, report.md, report.html and the pictures; what is begun there goes on.",
            HelpName = "folder",
        };

    public Option<string> Split { get; } =
        new("--split")
        {
            Description =
                "held_out: photographs and phrasings never trained on. familiar: new scenes of those trained on.",
            DefaultValueFactory = _ => HeldOut,
        };

    public Option<int> Count { get; } =
        new("--count") { Description = "Pairs of each task.", DefaultValueFactory = _ => 100 };

    public Option<string[]> Tasks { get; } =
        new("--tasks")
        {
            Description = "Only these tasks.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. DemoTask.DefaultWeights.Keys],
        };

    public Option<int?> Resolution { get; } =
        new("--resolution")
        {
            Description = "Side of the pictures, pixels. Default: the model's; 64 for an autoencoder alone.",
            HelpName = "pixels",
        };

    public Option<int[]> Steps { get; } = Several<int>("--steps", "Denoising steps, in place of the model's.");

    public Option<double[]> TextScales { get; } =
        Several<double>("--text-scale", "Text guidance scale, in place of the model's.");

    public Option<double[]> ImageScales { get; } =
        Several<double>("--image-scale", "Image guidance scale, in place of the model's.");

    public Option<long[]> NoiseSeeds { get; } =
        Several<long>("--noise-seed", "Of the edits' noise alone, in place of --seed's.");

    public Option<long> Seed { get; } =
        new("--seed")
        {
            Description = "Of scenes, phrasings and noise. The same seed gives the same report.",
            DefaultValueFactory = _ => 1,
        };

    public Option<string?> Url { get; } =
        new("--url") { Description = "Have the edits made by the server at this address.", HelpName = "http://…" };

    public Option<int> Batch { get; } =
        new("--batch")
        {
            Description =
                "Edits in one step of the model in this process. More are faster; only 1 gives a server's very bytes.",
            DefaultValueFactory = _ => 1,
        };

    public Option<string> Device { get; } =
        new("--device") { Description = "cpu, cuda or cuda:N.", DefaultValueFactory = _ => "cpu" };

    public Option<int?> Threads { get; } =
        new("--threads")
        {
            Description =
                "Threads of libtorch on the CPU. Default: all cores. A server gives the same bytes with as many (Engine:Threads).",
        };

    public Option<bool> Sweep { get; } =
        new("--sweep")
        {
            Description =
                "Try every combination of the given steps, scales and seeds of the noise; print the best, and write all to --out.",
        };

    /// <summary>Adds all of them, and what must hold between them.</summary>
    public Command AddTo(Command command)
    {
        Split.AcceptOnlyFromAmong(HeldOut, Familiar);
        Tasks.AcceptOnlyFromAmong([.. DemoTask.DefaultWeights.Keys]);
        Range(Count, 1, MaxCount);
        Range(Batch, 1, 1024);
        Threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > 1024)
            {
                result.AddError($"{Threads.Name} must be between 1 and 1024, got {result.GetValueOrDefault<int?>()}");
            }
        });
        Option[] all =
        [
            .. (Option[])[Model, Autoencoder, Data, Out, Split, Count, Tasks, Resolution, Steps, TextScales],
            .. (Option[])[ImageScales, NoiseSeeds, Seed, Url, Batch, Device, Threads, Sweep],
        ];
        foreach (Option option in all)
        {
            command.Options.Add(option);
        }
        Protocols.AddTo(command);
        command.Validators.Add(Validate);
        return command;
    }

    /// <summary>Which pairs.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="model">Null for an autoencoder alone.</param>
    public EvaluationPlan PlanOf(ParseResult parse, ModelDescription? model) =>
        new()
        {
            Split = string.Equals(parse.GetValue(Split), Familiar, StringComparison.Ordinal)
                ? DemoSplit.Familiar
                : DemoSplit.HeldOut,
            Resolution = parse.GetValue(Resolution) ?? model?.DefaultResolution ?? AutoencoderResolution,
            Count = parse.GetValue(Count),
            Tasks = [.. parse.GetRequiredValue(Tasks).Distinct(StringComparer.Ordinal)],
            Seed = parse.GetValue(Seed),
            Portion = parse.GetValue(Batch),
        };

    /// <summary>How a task's edits are made: one setting, or all that a sweep tries.</summary>
    public IReadOnlyList<EditSettings> SettingsOf(ParseResult parse, ModelDescription model, string task)
    {
        bool isSweep = parse.GetValue(Sweep);
        double[] text = parse.GetRequiredValue(TextScales);
        double[] image = parse.GetRequiredValue(ImageScales);
        return SettingsSweep.GridOf(
            EditSettings.Of(model, task),
            parse.GetRequiredValue(Steps),
            isSweep && text.Length == 0 ? _textScales : text,
            isSweep && image.Length == 0 ? _imageScales : image,
            parse.GetRequiredValue(NoiseSeeds)
        );
    }

    private void Validate(CommandResult result)
    {
        bool hasModel = result.GetValue(Model) is not null;
        bool isSweep = result.GetValue(Sweep);
        bool hasProtocol = Protocols.IsGiven(result);
        if (hasProtocol == result.GetValue(Data) is not null)
        {
            result.AddError("give either --data or --protocol");
        }
        if (hasProtocol && !hasModel)
        {
            result.AddError("--protocol needs --model");
        }
        if (hasModel == result.GetValue(Autoencoder) is not null)
        {
            result.AddError("give either --model or --autoencoder");
        }
        if (!hasModel && (isSweep || result.GetValue(Url) is not null))
        {
            result.AddError("--url and --sweep need --model");
        }
        if (!isSweep && result.GetValue(Out) is null)
        {
            result.AddError("Option '--out' is required.");
        }
        bool hasSeveral =
            result.GetValue(Steps) is { Length: > 1 }
            || result.GetValue(TextScales) is { Length: > 1 }
            || result.GetValue(ImageScales) is { Length: > 1 }
            || result.GetValue(NoiseSeeds) is { Length: > 1 };
        if (hasSeveral && !isSweep)
        {
            result.AddError("several --steps, --text-scale, --image-scale or --noise-seed are for --sweep");
        }
    }

    private static Option<T[]> Several<T>(string name, string description) =>
        new(name)
        {
            Description = $"{description} Several for --sweep.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };

    private static void Range(Option<int> option, int low, int high) =>
        option.Validators.Add(result =>
        {
            int value = result.GetValueOrDefault<int>();
            if (value < low || value > high)
            {
                result.AddError($"{option.Name} must be between {low} and {high}, got {value}");
            }
        });
}
