using System.CommandLine;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>evaluate</c>: what a model really does on pictures that it was not trained on.</summary>
internal static class EvaluateCommand
{
    private const int DefaultAutoencoderResolution = 64;

    private static readonly TimeSpan _plainInterval = TimeSpan.FromSeconds(15);

    public static Command Create()
    {
        var autoencoder = new Option<string?>("--autoencoder")
        {
            Description = "Look at this model's autoencoder alone: a folder with vae/, the rest need not be there.",
            HelpName = "path",
        };
        var data = new Option<string>("--data") { Description = "A folder that 'data demo' built.", Required = true };
        var output = new Option<string>("--out") { Description = "Folder for the report.", Required = true };
        var split = new Option<string>("--split")
        {
            Description =
                "held_out: photographs, phrasings and, where a noun has several, pictures never trained on. "
                + "familiar: new scenes of those trained on.",
            DefaultValueFactory = _ => "held_out",
        };
        split.AcceptOnlyFromAmong("held_out", "familiar");
        var count = new Option<int>("--count") { Description = "Pairs of each task.", DefaultValueFactory = _ => 100 };
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 100_000)
            {
                result.AddError("--count must be between 1 and 100000");
            }
        });
        var tasks = new Option<string[]>("--tasks")
        {
            Description = "Only these tasks.",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. DemoTask.DefaultWeights.Keys],
        };
        tasks.AcceptOnlyFromAmong([.. DemoTask.DefaultWeights.Keys]);
        var resolution = new Option<int?>("--resolution")
        {
            Description = "Side of the pictures, pixels. Default: the model's; 64 for an autoencoder alone.",
        };
        var seed = new Option<long>("--seed")
        {
            Description = "Of the scenes and of the edits' noise.",
            DefaultValueFactory = _ => 1,
        };
        var device = new Option<string>("--device")
        {
            Description = "cpu, cuda or cuda:N.",
            DefaultValueFactory = _ => "cpu",
        };
        var command = new Command("evaluate", "Measures a model on data it was not trained on.")
        {
            autoencoder,
            data,
            output,
            split,
            count,
            tasks,
            resolution,
            seed,
            device,
        };
        command.SetAction(
            (parse, stop) =>
                Task.Run(
                    () =>
                    {
                        string path = parse.GetValue(autoencoder)!;
                        var plan = new EvaluationPlan
                        {
                            Split = string.Equals(parse.GetValue(split), "familiar", StringComparison.Ordinal)
                                ? DemoSplit.Familiar
                                : DemoSplit.HeldOut,
                            Resolution = parse.GetValue(resolution) ?? DefaultAutoencoderResolution,
                            Count = parse.GetValue(count),
                            Tasks = parse.GetRequiredValue(tasks),
                            Seed = parse.GetValue(seed),
                        };
                        ProgressLine line = ProgressLine.OfProcess(_plainInterval);
                        using var roundTrip = AutoencoderRoundTrip.Open(path, parse.GetRequiredValue(device));
                        var folder = new ReportFolder(parse.GetRequiredValue(output));
                        var run = new EvaluationRun(DemoFolder.Open(parse.GetRequiredValue(data)), plan, roundTrip);
                        var subject = new EvaluatedModel(
                            Path.GetFileName(Path.TrimEndingDirectorySeparator(path)),
                            ModelDigest.Of(path, stop),
                            Editor: null
                        );
                        EvaluationReport report = run.Run(subject, null, null, line, folder.AddSheet, stop);
                        folder.Write(report);
                        parse.InvocationConfiguration.Output.WriteLine(parse.GetRequiredValue(output));
                    },
                    CancellationToken.None
                )
        );
        return command;
    }
}
