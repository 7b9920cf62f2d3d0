using System.CommandLine;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Tokenization;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>data</c>: builds, checks and shows the demo data.</summary>
internal static class DataCommand
{
    /// <summary>The verb with its sub-verbs.</summary>
    public static Command Create() =>
        new("data", "Build, check and look at training data.") { Demo(), Tokenizer(), Check(), Preview() };

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

    private static Command Check()
    {
        var folder = new Argument<string>("folder") { Description = "A folder that 'data demo' built." };
        var command = new Command("check", "Compare a folder of demo data with its manifest.") { folder };
        command.SetAction(parse =>
        {
            TextWriter console = parse.InvocationConfiguration.Output;
            IReadOnlyList<string> faults = DemoDataCheck.FaultsOf(parse.GetRequiredValue(folder));
            foreach (string fault in faults)
            {
                console.WriteLine(fault);
            }
            console.WriteLine(faults.Count == 0 ? "Everything is as the manifest says." : $"{faults.Count} faults.");
            return faults.Count == 0 ? 0 : 1;
        });
        return command;
    }

    private static Command Preview()
    {
        var data = new Option<string>("--data") { Description = "A folder that 'data demo' built.", Required = true };
        var output = new Option<string>("--out") { Description = "PNG file to write.", Required = true };
        var split = new Option<DemoSplit>("--split")
        {
            Description = "Train, Familiar or HeldOut.",
            DefaultValueFactory = _ => DemoSplit.Train,
        };
        var task = new Option<string?>("--task") { Description = "Only this task; 'caption' for the first stage's." };
        var count = new Option<int>("--count") { Description = "Pairs.", DefaultValueFactory = _ => 24 };
        var resolution = new Option<int>("--resolution")
        {
            Description = "Side, pixels.",
            DefaultValueFactory = _ => 64,
        };
        var seed = new Option<long>("--seed") { Description = "Of the scenes.", DefaultValueFactory = _ => 1 };
        var command = new Command("preview", "Draw a sheet of pairs with their instructions.")
        {
            data,
            output,
            split,
            task,
            count,
            resolution,
            seed,
        };
        command.SetAction(parse =>
        {
            DemoFolder folder = DemoFolder.Open(parse.GetRequiredValue(data));
            var sheet = new DemoSheet(
                folder,
                parse.GetValue(split),
                parse.GetValue(resolution),
                parse.GetValue(seed),
                parse.GetValue(count)
            );
            File.WriteAllBytes(parse.GetRequiredValue(output), sheet.Draw(parse.GetValue(task)));
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
