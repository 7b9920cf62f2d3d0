using System.CommandLine;
using InstructDiffusion.Engine.Editing.Inpainting;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Models;

namespace InstructDiffusion.Training.Commands;

/// <summary>Options that several stages of the construction share.</summary>
internal static class ConstructOptions
{
    /// <summary>A folder that is read.</summary>
    public static Option<string> Folder(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "folder",
            Required = true,
        };

    /// <summary>Regions that a stage has found.</summary>
    public static Option<string> Regions() => Folder("--regions", "What 'construct regions' or 'segment' wrote.");

    /// <summary>The pictures that they are of.</summary>
    public static Option<string> Pictures() => Folder("--pictures", "Folder of the pictures.");

    /// <summary>What records say of a model: the name of its folder or file, which says nothing of the machine, and its hash.</summary>
    public static ModelNote NoteOf(string role, string path, CancellationToken stop) =>
        new(
            role,
            Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))),
            ModelDigest.Of(path, stop)
        );

    /// <summary>Where a model computes.</summary>
    public static Option<string> Device() =>
        new("--device")
        {
            Description = "cpu, cuda or cuda:N.",
            HelpName = "name",
            DefaultValueFactory = _ => "cpu",
        };

    /// <summary>What random choices are drawn from.</summary>
    public static Option<long> Seed() =>
        new("--seed")
        {
            Description = "Of the random choices.",
            HelpName = "number",
            DefaultValueFactory = _ => 0,
        };

    /// <summary>The user's own phrasings.</summary>
    public static Option<string?> Templates() =>
        new("--templates")
        {
            Description = "Folder of phrasings in place of the program's; 'data templates' writes those.",
            HelpName = "folder",
        };

    /// <summary>The size of pairs.</summary>
    public static Option<int> Side() => AtLeast(8, "--side", "Longest side of the pairs' pictures, pixels.", 512);

    /// <summary>How far a region is widened.</summary>
    public static Option<int> Dilation() =>
        AtLeast(0, "--dilation", "How far beyond its region is painted, pixels.", 9);

    /// <summary>A number that may not be smaller.</summary>
    public static Option<int> AtLeast(int least, string name, string description, int value)
    {
        var option = new Option<int>(name)
        {
            Description = description,
            HelpName = "count",
            DefaultValueFactory = _ => value,
        };
        DataOptions.RequireAtLeast(least, option);
        return option;
    }

    /// <summary>A number in a range.</summary>
    public static Option<double> Between(double least, double most, string name, string description, double value)
    {
        var option = new Option<double>(name)
        {
            Description = description,
            HelpName = "number",
            DefaultValueFactory = _ => value,
        };
        option.Validators.Add(result =>
        {
            double number = result.GetValueOrDefault<double>();
            if (!(number >= least && number <= most))
            {
                result.AddError($"{name}: must be between {least} and {most}");
            }
        });
        return option;
    }

    /// <summary>How a diffusion model paints.</summary>
    internal sealed class Painting(double guidance, string sampler)
    {
        private readonly Option<int> _steps = AtLeast(1, "--steps", "Denoising steps.", 50);

        private readonly Option<double> _guidance = Between(
            1,
            100,
            "--guidance-scale",
            "Scale of the guidance; 1 for none.",
            guidance
        );

        private readonly Option<string> _sampler = new Option<string>("--sampler")
        {
            Description = $"{string.Join(", ", SamplerNames.ByName.Keys)}.",
            HelpName = "name",
            DefaultValueFactory = _ => sampler,
        }.AcceptOnlyFromAmong([.. SamplerNames.ByName.Keys]);

        public void AddTo(Command command)
        {
            command.Add(_steps);
            command.Add(_guidance);
            command.Add(_sampler);
        }

        public InpaintingOptions Of(ParseResult parse) =>
            new()
            {
                Steps = parse.GetValue(_steps),
                GuidanceScale = parse.GetValue(_guidance),
                Sampler = SamplerNames.ByName[parse.GetValue(_sampler)!],
            };
    }
}
