using System.CommandLine;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Editors;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Evaluation.Metrics;
using InstructDiffusion.Training.Evaluation.Protocols;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>evaluate --protocol</c>: one of the paper's tables on a data set of the user's own.</summary>
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

    /// <summary>Evaluates, going on where an earlier run into the same folder was interrupted.</summary>
    /// <exception cref="EvaluationException">The folder is of another evaluation.</exception>
    /// <exception cref="DatasetException">The data set is missing or malformed.</exception>
    public void Run(EvaluatedModel subject, IEditor editor, CancellationToken stop)
    {
        using PerceptualDistance? perceptual = parse.GetValue(_protocols.Lpips) is [var features, var weights]
            ? PerceptualDistance.Open(features, weights)
            : null;
        using EditScores? scores = parse.GetValue(_protocols.Clip) is { } clip
            ? EditScores.Open(
                clip,
                parse.GetValue(_protocols.Aesthetic),
                parse.GetValue(_protocols.AestheticClip),
                parse.GetRequiredValue(options.Device),
                stop
            )
            : null;
        IReadOnlyList<(string Name, IProtocol Protocol)> parts = [.. Open(perceptual, scores, stop)];
        ProtocolPlan plan = PlanFor(parts[0].Protocol);
        string folder = parse.GetRequiredValue(options.Out)!;
        Directory.CreateDirectory(folder);
        using var journal = ItemJournal.Open(
            Path.Combine(folder, ItemJournal.FileName),
            plan.Describe(subject, parts.Select(part => (part.Name, part.Protocol.Fingerprint)))
        );
        var pictures = new ProtocolPictures(Path.Combine(folder, Pictures));
        var run = new ProtocolRun(plan, roundTrip.Run, editor, journal, pictures);
        var progress = new WorkProgress(
            ProgressLine.OfProcess(_plainInterval),
            plan.Protocol,
            "items",
            parts.Sum(part => (long)plan.ItemsOf(part.Protocol.Count).Count),
            TimeProvider.System,
            journal.Count
        );
        var sections = new ProtocolSections(plan, parse.GetValue(_protocols.Known) ?? plan.Set);
        var found = new List<ProtocolSection>();
        var examples = new Dictionary<string, IReadOnlyList<ReportPicture>>(StringComparer.Ordinal);
        foreach ((string name, IProtocol protocol) in parts)
        {
            IReadOnlyList<ItemNotes> notes = run.Run(name, protocol, by => progress.Advance(by), stop);
            found.Add(sections.Of(name, protocol, notes));
            examples[name] = [.. ExamplesOf(notes, pictures)];
        }
        progress.Complete();
        ProtocolReport report = ReportOf(plan, subject, found);
        var reports = new ReportFolder(folder);
        reports.Write(report, ProtocolText.Of(report, examples));
        parse.InvocationConfiguration.Output.WriteLine(reports.TextPath);
    }

    private IEnumerable<(string Name, IProtocol Protocol)> Open(
        PerceptualDistance? perceptual,
        EditScores? scores,
        CancellationToken stop
    )
    {
        string root = parse.GetRequiredValue(_protocols.Root)!;
        string[] named = parse.GetRequiredValue(_protocols.Parts);
        long seed = parse.GetValue(options.Seed);
        var log = new RejectionLog();
        if (_protocols.KindOf(parse.CommandResult) is not { } kind)
        {
            var benchmark = EditBenchmark.Open(root, log);
            Tell(root, log);
            foreach (string category in named.Length == 0 ? benchmark.Categories : named)
            {
                var protocol = new EditingProtocol(benchmark, category, scores!, Resolution);
                yield return protocol.Count > 0
                    ? (category, protocol)
                    : throw new DatasetException(
                        $"{root}: no edit of the category {category}; there are {string.Join(", ", benchmark.Categories)}"
                    );
            }
            yield break;
        }
        foreach (string part in named.Length == 0 ? [UsualPart(kind)] : named)
        {
            var opening = new DatasetOpening
            {
                Source = new DataSourceRecipe
                {
                    Kind = kind,
                    Path = root,
                    Split = part,
                    Annotations = parse.GetValue(_protocols.Annotations),
                    Augment = false,
                },
                Resolution = Resolution,
                Rejections = log,
                CancellationToken = stop,
            };
            bool isAnimals = parse.GetValue(_protocols.Known) is "ap10k";
            yield return (
                part,
                kind switch
                {
                    DataSourceKind.CocoStuff => SemanticProtocol.Open(opening, seed),
                    DataSourceKind.RefCoco or DataSourceKind.GRefCoco => ReferringProtocol.Open(opening, seed),
                    _ when DataSourceKinds.IsPoses(kind) => PoseProtocol.Open(opening, isAnimals, seed),
                    _ => RestorationProtocol.Open(opening, perceptual, seed),
                }
            );
        }
        Tell(root, log);
    }

    private int Resolution => parse.GetValue(options.Resolution) ?? model.DefaultResolution;

    private static string UsualPart(DataSourceKind kind) =>
        kind switch
        {
            DataSourceKind.CocoKeypoints or DataSourceKind.CocoStuff => "val2017",
            DataSourceKind.GoPro or DataSourceKind.Clwd => "test",
            _ => "val",
        };

    private static void Tell(string root, RejectionLog log)
    {
        foreach (Rejection rejection in log.Rejected)
        {
            Console.Error.WriteLine(
                $"{root}: rejected {rejection.Count}: {rejection.Reason}, e.g. {rejection.Examples[0]}"
            );
        }
    }

    private ProtocolPlan PlanFor(IProtocol protocol)
    {
        string name = parse.GetValue(_protocols.Protocol)!;
        DataSourceKind? kind = _protocols.KindOf(parse.CommandResult);
        string?[] measures =
        [
            parse.GetValue(_protocols.Clip),
            parse.GetValue(_protocols.Aesthetic),
            parse.GetValue(_protocols.AestheticClip),
            .. parse.GetRequiredValue(_protocols.Lpips),
            parse.GetValue(_protocols.Known),
        ];
        string root = parse.GetRequiredValue(_protocols.Root)!;
        return new ProtocolPlan
        {
            Protocol = name,
            Set = kind is { } known ? DataSourceKinds.NameOf(known) : Path.GetFileNameWithoutExtension(root),
            Resolution = Resolution,
            Count = parse.GetValue(options.Count),
            Seed = parse.GetValue(options.Seed),
            Settings = options.SettingsOf(parse, model, protocol.Task)[0],
            Measures = [.. measures.OfType<string>()],
        };
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

    private static ProtocolReport ReportOf(
        ProtocolPlan plan,
        EvaluatedModel subject,
        IReadOnlyList<ProtocolSection> sections
    ) =>
        new()
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
            Splits = sections,
        };
}
