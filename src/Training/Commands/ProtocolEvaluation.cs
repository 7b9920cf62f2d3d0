using System.CommandLine;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Editors;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Evaluation.Protocols;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>evaluate --protocol</c>: one of the paper's tables on a data set of the user's own, or a sweep of settings on it.</summary>
internal sealed class ProtocolEvaluation(
    EvaluateOptions options,
    ParseResult parse,
    ModelDescription model,
    AutoencoderRoundTrip roundTrip
)
{
    private const string Pictures = "pictures";

    private static readonly TimeSpan _plainInterval = TimeSpan.FromSeconds(15);

    private readonly ProtocolOptions _protocols = options.Protocols;
    private readonly int _resolution = parse.GetValue(options.Resolution) ?? model.DefaultResolution;

    /// <summary>Evaluates, going on where an earlier run into the same folder was interrupted.</summary>
    /// <exception cref="EvaluationException">The folder is of another evaluation.</exception>
    /// <exception cref="DatasetException">The data set is missing or malformed.</exception>
    public void Run(EvaluatedModel subject, IEditor editor, CancellationToken stop)
    {
        using var opened = new ProtocolParts(options, parse, _resolution);
        IReadOnlyList<(string Name, IProtocol Protocol)> parts = opened.Open(stop);
        IReadOnlyList<EditSettings> grid = options.SettingsOf(parse, model, parts[0].Protocol.Task);
        ProtocolPlan plan = PlanFor(grid[0], stop);
        string? folder = parse.GetValue(options.Out);
        using ItemJournal journal = folder is null
            ? ItemJournal.Unkept()
            : ItemJournal.In(
                folder,
                plan.Describe(subject, parts.Select(part => (part.Name, part.Protocol.Fingerprint)))
            );
        ProtocolPictures? pictures = plan.IsSweep ? null : new ProtocolPictures(Path.Combine(folder!, Pictures));
        var run = new ProtocolRun(plan, roundTrip.Run, editor, journal, pictures);
        var progress = new WorkProgress(
            ProgressLine.OfProcess(_plainInterval),
            plan.Protocol,
            "items",
            parts.Sum(part => (long)plan.ItemsOf(part.Protocol.Count).Count * grid.Count),
            TimeProvider.System,
            parts.Sum(part => grid.Sum(settings => (long)run.DoneOf(part.Name, part.Protocol, settings)))
        );
        if (plan.IsSweep)
        {
            Sweep(plan, subject, parts, grid, run, progress, stop);
        }
        else
        {
            Report(plan, subject, parts, run, progress, pictures!, stop);
        }
    }

    private void Report(
        ProtocolPlan plan,
        EvaluatedModel subject,
        IReadOnlyList<(string Name, IProtocol Protocol)> parts,
        ProtocolRun run,
        WorkProgress progress,
        ProtocolPictures pictures,
        CancellationToken stop
    )
    {
        var sections = new ProtocolSections(plan, PaperSet(plan));
        var found = new List<ProtocolSection>();
        var examples = new Dictionary<string, IReadOnlyList<ReportPicture>>(StringComparer.Ordinal);
        foreach ((string name, IProtocol protocol) in parts)
        {
            IReadOnlyList<ItemNotes> notes = run.Run(name, protocol, plan.Settings, by => progress.Advance(by), stop);
            found.Add(sections.Of(name, protocol, notes));
            examples[name] = [.. ExamplesOf(notes, pictures)];
        }
        progress.Complete();
        var report = new ProtocolReport
        {
            Version = ProtocolReport.CurrentVersion,
            Protocol = plan.Protocol,
            Set = plan.Set,
            Model = subject.Name,
            Sha256 = subject.Sha256,
            Editor = subject.Editor!,
            Resolution = plan.Resolution,
            Seed = plan.Seed,
            Settings = plan.Settings,
            Splits = found,
        };
        var reports = new ReportFolder(parse.GetRequiredValue(options.Out)!);
        reports.Write(report, ProtocolText.Of(report, examples));
        parse.InvocationConfiguration.Output.WriteLine(reports.TextPath);
    }

    private void Sweep(
        ProtocolPlan plan,
        EvaluatedModel subject,
        IReadOnlyList<(string Name, IProtocol Protocol)> parts,
        IReadOnlyList<EditSettings> grid,
        ProtocolRun run,
        WorkProgress progress,
        CancellationToken stop
    )
    {
        string set = PaperSet(plan);
        var measures = new ProtocolSections(plan, set);
        var sections = new List<SweepSection>();
        foreach ((string name, IProtocol protocol) in parts)
        {
            SweepSection section = SettingsSweep.Of(
                name,
                grid,
                settings =>
                    [
                        .. measures
                            .Of(name, protocol, run.Run(name, protocol, settings, by => progress.Advance(by), stop))
                            .Figures.Select(figure => figure.Measured),
                    ]
            );
            string first = section.Rows[0].Trials[0].Figures[0].Name;
            sections.Add(section with { Paper = PaperFigures.Of(plan.Protocol, set, name, first) });
        }
        progress.Complete();
        SweepOutput.Write(
            new SweepReport
            {
                Version = SweepReport.CurrentVersion,
                Model = subject.Name,
                Sha256 = subject.Sha256,
                Editor = subject.Editor!,
                Data = $"{plan.Protocol} of {set}",
                Resolution = plan.Resolution,
                Count = plan.Count,
                Seed = plan.Seed,
                Sections = sections,
            },
            parse.InvocationConfiguration.Output,
            parse.GetValue(options.Out)
        );
    }

    private string PaperSet(ProtocolPlan plan) => parse.GetValue(_protocols.Known) ?? plan.Set;

    private ProtocolPlan PlanFor(EditSettings first, CancellationToken stop)
    {
        string root = parse.GetRequiredValue(_protocols.Root)!;
        return new ProtocolPlan
        {
            Protocol = parse.GetValue(_protocols.Protocol)!,
            Set = _protocols.KindOf(parse.CommandResult) is { } known
                ? DataSourceKinds.NameOf(known)
                : Path.GetFileNameWithoutExtension(root),
            Resolution = _resolution,
            Count = parse.GetValue(options.Count),
            Seed = parse.GetValue(options.Seed),
            Settings = first,
            IsSweep = parse.GetValue(options.Sweep),
            Portion = parse.GetValue(options.Batch),
            Measures = [.. MeasuresOf(stop)],
        };
    }

    // By their contents: what was measured with a file that was exchanged since must not be mixed with what is measured now.
    private IEnumerable<string> MeasuresOf(CancellationToken stop)
    {
        (string Role, string? Path)[] files =
        [
            ("clip", parse.GetValue(_protocols.Clip)),
            ("aesthetic", parse.GetValue(_protocols.Aesthetic)),
            ("aesthetic-clip", parse.GetValue(_protocols.AestheticClip)),
            .. parse.GetRequiredValue(_protocols.Lpips).Select(path => ("lpips", (string?)path)),
        ];
        foreach ((string role, string? path) in files)
        {
            if (path is not null)
            {
                yield return $"{role}={ModelDigest.Of(path, stop)}";
            }
        }
        if (parse.GetValue(_protocols.Known) is { } name)
        {
            yield return $"known-as={name}";
        }
    }

    private static IEnumerable<ReportPicture> ExamplesOf(IReadOnlyList<ItemNotes> notes, ProtocolPictures pictures)
    {
        foreach (ItemNotes item in notes.Where(item => item.Instructions is not null))
        {
            if (pictures.Read(item.Split, item.Index) is { } png)
            {
                string name = $"{Pictures}/{ProtocolPictures.NameOf(item.Split, item.Index)}";
                yield return new ReportPicture(name, png, string.Join(" · ", item.Instructions!));
            }
        }
    }
}
