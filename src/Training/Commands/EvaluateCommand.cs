using System.CommandLine;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Editors;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Running;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>evaluate</c>: what a model really does on pictures that it was not trained on.</summary>
internal static class EvaluateCommand
{
    private static readonly TimeSpan _plainInterval = TimeSpan.FromSeconds(15);

    public static Command Create()
    {
        var options = new EvaluateOptions();
        Command command = options.AddTo(
            new Command("evaluate", "Measures a model, or an autoencoder alone, on pictures it was not trained on.")
        );
        command.SetAction(
            (parse, stop) => Task.Run(() => Run(options, parse, stop), CancellationToken.None) // libtorch's own thread
        );
        return command;
    }

    private static void Run(EvaluateOptions options, ParseResult parse, CancellationToken stop)
    {
        if (parse.GetValue(options.Threads) is { } threads)
        {
            ComputeThreads.Set(threads); // of this thread, on which all is computed
        }
        string device = parse.GetRequiredValue(options.Device);
        if (parse.GetValue(options.Autoencoder) is { } autoencoder)
        {
            using var alone = AutoencoderRoundTrip.Open(autoencoder, device);
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(autoencoder)));
            var part = new EvaluatedModel(name, ModelDigest.Of(autoencoder, stop), Editor: null);
            Report(options, parse, options.PlanOf(parse, null), alone, part, editor: null, settings: null, stop);
            return;
        }
        string path = parse.GetRequiredValue(options.Model)!;
        using var roundTrip = AutoencoderRoundTrip.Open(path, device);
        if (parse.GetValue(options.Url) is { } url)
        {
            ModelDescription served = ModelDescriptions.Of(path, family: null);
            using HttpClient client = HttpEditor.ClientOf(url);
            var server = new HttpEditor(client, served.Name);
            Evaluate(options, parse, roundTrip, served, server, EvaluatedModel.Http, path, stop);
            return;
        }
        using LoadedModel model = ModelLoader.Open(new ModelLoadOptions { Path = path, Device = device }, stop);
        var editor = new PipelineEditor(model.Pipeline, parse.GetValue(options.Batch));
        Evaluate(options, parse, roundTrip, model.Description, editor, EvaluatedModel.InProcess, path, stop);
    }

    private static void Evaluate(
        EvaluateOptions options,
        ParseResult parse,
        AutoencoderRoundTrip roundTrip,
        ModelDescription model,
        IEditor editor,
        string form,
        string path,
        CancellationToken stop
    )
    {
        var subject = new EvaluatedModel(model.Name, ModelDigest.Of(path, stop), form);
        if (parse.GetValue(options.Protocols.Protocol) is not null)
        {
            new ProtocolEvaluation(options, parse, model, roundTrip).Run(subject, editor, stop);
            return;
        }
        EvaluationPlan plan = options.PlanOf(parse, model);
        var grids = plan.Tasks.ToDictionary(
            task => task,
            task => options.SettingsOf(parse, model, task),
            StringComparer.Ordinal
        );
        if (parse.GetValue(options.Sweep))
        {
            Sweep(options, parse, plan, roundTrip, subject, editor, grids, stop);
            return;
        }
        var settings = grids.ToDictionary(pair => pair.Key, pair => pair.Value[0], StringComparer.Ordinal);
        Report(options, parse, plan, roundTrip, subject, editor, settings, stop);
    }

    private static void Report(
        EvaluateOptions options,
        ParseResult parse,
        EvaluationPlan plan,
        AutoencoderRoundTrip roundTrip,
        EvaluatedModel subject,
        IEditor? editor,
        IReadOnlyDictionary<string, EditSettings>? settings,
        CancellationToken stop
    )
    {
        var data = DemoFolder.Open(parse.GetRequiredValue(options.Data)!);
        string path = parse.GetRequiredValue(options.Out)!;
        using var journal = ItemJournal.In(path, plan.Describe(subject, data.Manifest.Fingerprint, settings));
        var answers = new ExampleAnswers(Path.Combine(path, ExampleAnswers.FolderName));
        var run = new EvaluationRun(data, plan, roundTrip, journal, answers);
        var folder = new ReportFolder(path);
        ProgressLine line = ProgressLine.OfProcess(_plainInterval);
        folder.Write(run.Run(subject, editor, settings, line, folder.AddSheet, stop));
        parse.InvocationConfiguration.Output.WriteLine(folder.TextPath);
    }

    private static void Sweep(
        EvaluateOptions options,
        ParseResult parse,
        EvaluationPlan plan,
        AutoencoderRoundTrip roundTrip,
        EvaluatedModel subject,
        IEditor editor,
        Dictionary<string, IReadOnlyList<EditSettings>> grids,
        CancellationToken stop
    )
    {
        var data = DemoFolder.Open(parse.GetRequiredValue(options.Data)!);
        string? folder = parse.GetValue(options.Out);
        using ItemJournal journal = folder is null
            ? ItemJournal.Unkept()
            : ItemJournal.In(folder, $"sweep of {plan.Describe(subject, data.Manifest.Fingerprint)}");
        var bootstrap = new Bootstrap(plan.Seed);
        var tasks = plan.Tasks.ToDictionary(
            task => task,
            task => new TaskEvaluation(new EvaluationPairs(data, plan, task), roundTrip, editor, bootstrap, journal)
            {
                Portion = plan.Portion,
            },
            StringComparer.Ordinal
        );
        var progress = new WorkProgress(
            ProgressLine.OfProcess(_plainInterval),
            "sweep",
            "steps",
            grids.Values.SelectMany(grid => grid).Sum((EditSettings settings) => (long)settings.Steps * plan.Count),
            TimeProvider.System,
            plan.Tasks.Sum(task => grids[task].Sum(settings => (long)settings.Steps * tasks[task].DoneWith(settings)))
        );
        SweepSection[] sections =
        [
            .. plan.Tasks.Select(task =>
                SettingsSweep.Of(
                    task,
                    grids[task],
                    settings => tasks[task].Run(settings, by => progress.Advance(by), stop).Figures
                )
            ),
        ];
        progress.Complete();
        SweepOutput.Write(
            new SweepReport
            {
                Version = SweepReport.CurrentVersion,
                Model = subject.Name,
                Sha256 = subject.Sha256,
                Editor = subject.Editor!,
                Data = $"{plan.SplitName.Replace('_', '-')} pairs of the demo data {data.Manifest.Fingerprint}",
                Resolution = plan.Resolution,
                Count = plan.Count,
                Seed = plan.Seed,
                Sections = sections,
            },
            parse.InvocationConfiguration.Output,
            folder
        );
    }
}
