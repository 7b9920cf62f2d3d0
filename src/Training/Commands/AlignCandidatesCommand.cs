using System.CommandLine;
using System.Globalization;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>align candidates</c>: many edits of each picture, to choose from.</summary>
internal static class AlignCandidatesCommand
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(30);

    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "Model folder or checkpoint file; best the averaged weights of the stage before.",
        HelpName = "path",
        Required = true,
    };

    private static readonly Option<string> Data = new("--data")
    {
        Description =
            "What to edit: a file of JSON lines {\"image\", \"instruction\"} with optional \"target\", \"task\" and \"id\", "
            + $"or a folder that holds it as {AlignmentItemFile.FileName}. Paths are relative to the file. "
            + "Or a folder that 'data demo' built.",
        HelpName = "path",
        Required = true,
    };

    private static readonly Option<int> Count = AtLeastOne("--count", "Items of demo data.", 200);

    private static readonly Option<long> DataSeed = new("--data-seed")
    {
        Description = "Seed of the scenes of demo data: best one that is neither trained on nor evaluated with.",
        HelpName = "number",
        DefaultValueFactory = static _ => 1000,
    };

    private static readonly Option<string> Out = new("--out", "-o")
    {
        Description = "Folder to write; one that was begun is gone on with.",
        HelpName = "folder",
        Required = true,
    };

    private static readonly Option<double[]> TextScales = ScalesOption("--scales-text", "3,4,5,6,7.5");
    private static readonly Option<double[]> ImageScales = ScalesOption("--scales-image", "0.75,1,1.25,1.5");

    private static readonly Option<int> Seeds = new("--seeds")
    {
        Description = "Seeds for each pair of scales.",
        HelpName = "count",
        DefaultValueFactory = static _ => 1,
    };

    private static readonly Option<long> Seed = new("--seed")
    {
        Description = "What every picture's seeds are drawn from.",
        HelpName = "number",
        DefaultValueFactory = static _ => 0,
    };

    private static readonly Option<int?> Steps = new("--steps")
    {
        Description = "Denoising steps. Default: the model's.",
        HelpName = "count",
    };

    private static readonly Option<int?> Resolution = new("--resolution")
    {
        Description = "Resolution the size rule works with, in pixels. Default: the model's.",
        HelpName = "pixels",
    };

    private static readonly Option<string?> Sampler = new Option<string?>("--sampler")
    {
        Description = $"{string.Join(", ", SamplerNames.ByName.Keys)}. Default: the model's.",
        HelpName = "name",
    }.AcceptOnlyFromAmong([.. SamplerNames.ByName.Keys]);

    private static readonly Option<int> Batch = AtLeastOne(
        "--batch",
        "Edits in one step; each is up to three rows.",
        4
    );

    private static readonly Option<string> Device = new("--device")
    {
        Description = "cpu, cuda or cuda:N.",
        HelpName = "name",
        DefaultValueFactory = static _ => "cpu",
    };

    public static Command Create()
    {
        var command = new Command("candidates", "Make the candidates of every picture; goes on where it was stopped.")
        {
            Model,
            Data,
            Count,
            DataSeed,
            Out,
            TextScales,
            ImageScales,
            Seeds,
            Seed,
            Steps,
            Resolution,
            Sampler,
            Batch,
            Device,
        };
        command.SetAction(
            (parse, cancellationToken) =>
            {
                // Off the thread that the signals may want: the model's work is synchronous and long.
                return Task.Run(() => Run(parse, cancellationToken), CancellationToken.None);
            }
        );
        return command;
    }

    private static int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        string data = parse.GetRequiredValue(Data);
        bool isDemo = File.Exists(Path.Combine(data, DemoManifest.FileName));
        AlignmentItemFile? listed = isDemo ? null : new AlignmentItemFile(data);
        string path = parse.GetRequiredValue(Model);
        string sha256 = ModelDigest.Of(path, cancellationToken);
        var options = new ModelLoadOptions { Path = path, Device = parse.GetRequiredValue(Device) };
        using LoadedModel model = ModelLoader.Open(options, cancellationToken);
        ModelDescription description = model.Description;
        var grid = new CandidateGrid
        {
            TextScales = parse.GetRequiredValue(TextScales),
            ImageScales = parse.GetRequiredValue(ImageScales),
            Seeds = parse.GetValue(Seeds),
            Seed = parse.GetValue(Seed),
            Steps = parse.GetValue(Steps) ?? description.DefaultSteps,
            Sampler = parse.GetValue(Sampler) ?? SamplerNames.NameOf(description.DefaultSampler),
            Resolution = parse.GetValue(Resolution) ?? description.DefaultResolution,
        };
        var folder = new CandidateFolder(parse.GetRequiredValue(Out));
        var painter = new CandidatePainter(model.Pipeline, parse.GetValue(Batch));
        IAlignmentItems items = (IAlignmentItems?)listed ?? DemoItems(parse, data, grid.Resolution);
        int finished = new CandidateRun(folder, items, grid, painter, description.SizeRule).Run(
            new CandidateModel(description.Name, sha256),
            ProgressLine.OfProcess(PlainInterval),
            cancellationToken
        );
        parse.InvocationConfiguration.Error.WriteLine($"{finished} of {items.Ids.Count} items have their candidates");
        parse.InvocationConfiguration.Output.WriteLine(folder.Path);
        return 0;
    }

    private static DatasetAlignmentItems DemoItems(ParseResult parse, string folder, int resolution)
    {
        int count = parse.GetValue(Count);
        var source = new DataSourceRecipe
        {
            Kind = DataSourceKind.Demo,
            Path = folder,
            Seed = parse.GetValue(DataSeed),
            Count = count,
        };
        return new DatasetAlignmentItems(DatasetFactory.Open(source, resolution), first: 0, count, source.Seed);
    }

    private static Option<double[]> ScalesOption(string name, string defaults) =>
        new(name)
        {
            Description = $"Guidance scales, separated by commas. Default: {defaults}.",
            HelpName = "numbers",
            DefaultValueFactory = _ => ParseScales(defaults)!,
            CustomParser = result =>
            {
                string text = string.Join(',', result.Tokens.Select(token => token.Value));
                double[]? scales = ParseScales(text);
                if (scales is null)
                {
                    result.AddError(
                        $"{name} must be numbers from 0 to {EditRequest.MaxGuidanceScale} separated by commas, got '{text}'"
                    );
                }
                return scales;
            },
        };

    private static double[]? ParseScales(string text)
    {
        var scales = new List<double>();
        foreach (string part in text.Split(','))
        {
            bool isScale = double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double scale);
            if (!isScale || !(scale >= 0 && scale <= EditRequest.MaxGuidanceScale))
            {
                return null;
            }
            scales.Add(scale);
        }
        return [.. scales];
    }

    private static Option<int> AtLeastOne(string name, string description, int value)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            HelpName = "count",
            DefaultValueFactory = _ => value,
        };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError($"{name} must be at least 1");
            }
        });
        return option;
    }
}
