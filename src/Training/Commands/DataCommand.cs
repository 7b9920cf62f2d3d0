using System.CommandLine;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Tokenization;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>data</c>: builds, checks and shows the demo data.</summary>
internal static class DataCommand
{
    /// <summary>The verb with its sub-verbs.</summary>
    public static Command Create() =>
        new("data", "Build, check and look at training data.")
        {
            Demo(),
            Tokenizer(),
            DataCheckCommand.Create(),
            DataPreviewCommand.Create(),
            DataTemplatesCommand.Create(),
            DataRewriteCommand.Create(),
        };

    private static Command Demo()
    {
        var sources = new Option<string>("--sources")
        {
            Description = "Folder of unpacked packages, as eng/demo-sources leaves it.",
            Required = true,
        };
        var output = new Option<string>("--out") { Description = "Folder to build in.", Required = true };
        var licences = new Option<string?>("--licences")
        {
            Description = "Write the list of pictures and their licences to this Markdown file, too.",
        };
        var command = new Command("demo", "Build the demo data from their packages.") { sources, output, licences };
        command.SetAction(
            (parse, cancellationToken) =>
            {
                TextWriter console = parse.InvocationConfiguration.Output;
                var build = new DemoDataBuild(parse.GetRequiredValue(sources), parse.GetRequiredValue(output));
                DemoManifest manifest = build.Run(new ProgressLine(console), cancellationToken);
                if (parse.GetValue(licences) is { } path)
                {
                    File.WriteAllText(path, LicenceList.Of(DemoFolder.Open(parse.GetRequiredValue(output))));
                }
                console.WriteLine(
                    $"{manifest.Nouns} nouns, {manifest.Glyphs} objects, {manifest.Photographs} photographs; "
                        + $"fingerprint {manifest.Fingerprint}"
                );
                return Task.FromResult(0);
            }
        );
        return command;
    }

    private static Command Tokenizer()
    {
        var data = new Option<string>("--data") { Description = "A folder that 'data demo' built.", Required = true };
        var output = new Option<string>("--out") { Description = "Folder for the tokenizer.", Required = true };
        var size = new Option<int>("--size") { Description = "Most tokens.", DefaultValueFactory = _ => 1500 };
        var command = new Command("tokenizer", "Learn a vocabulary from the demo's instructions and captions.")
        {
            data,
            output,
            size,
        };
        command.SetAction(parse =>
        {
            DemoFolder folder = DemoFolder.Open(parse.GetRequiredValue(data));
            int tokens = BytePairTraining.Train(
                DemoVocabulary.Texts(folder),
                parse.GetValue(size),
                parse.GetRequiredValue(output)
            );
            parse.InvocationConfiguration.Output.WriteLine($"{tokens} tokens");
            return 0;
        });
        return command;
    }

    /// <summary>Prints a line now and then.</summary>
    private sealed class ProgressLine(TextWriter console) : IProgress<DemoBuildProgress>
    {
        private const int Step = 20;

        public void Report(DemoBuildProgress value)
        {
            if (value.Done % Step == 0 || value.Done == value.Total)
            {
                console.WriteLine($"{value.Done}/{value.Total} {value.File}");
            }
        }
    }
}
