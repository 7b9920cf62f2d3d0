using System.CommandLine;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Segmentation;
using InstructDiffusion.Training.Evaluation.Metrics;
using InstructDiffusion.Training.Evaluation.Protocols;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Commands;

/// <summary>The parts of a data set that <c>evaluate --protocol</c> is told to measure, and what it is measured with.</summary>
internal sealed class ProtocolParts : IDisposable
{
    private readonly PerceptualDistance? _perceptual;
    private readonly EditScores? _scores;

    private ProtocolParts(PerceptualDistance? perceptual, EditScores? scores)
    {
        _perceptual = perceptual;
        _scores = scores;
    }

    /// <summary>By name, at least one.</summary>
    public IReadOnlyList<(string Name, IProtocol Protocol)> All { get; private set; } = [];

    /// <summary>Opens them.</summary>
    /// <param name="options">What <c>evaluate</c> is told.</param>
    /// <param name="parse">The command line.</param>
    /// <param name="resolution">Of the model's canvas.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="DatasetException">The data set is missing or malformed.</exception>
    public static ProtocolParts Open(EvaluateOptions options, ParseResult parse, int resolution, CancellationToken stop)
    {
        ProtocolOptions protocols = options.Protocols;
        PerceptualDistance? perceptual = parse.GetValue(protocols.Lpips) is [var features, var weights]
            ? PerceptualDistance.Open(features, weights)
            : null;
        var parts = new ProtocolParts(
            perceptual,
            parse.GetValue(protocols.Clip) is { } clip
                ? EditScores.Open(
                    clip,
                    parse.GetValue(protocols.Aesthetic),
                    parse.GetValue(protocols.AestheticClip),
                    parse.GetRequiredValue(options.Device),
                    stop
                )
                : null
        );
        try
        {
            var log = new RejectionLog();
            string root = parse.GetRequiredValue(protocols.Root)!;
            string[] named = parse.GetRequiredValue(protocols.Parts);
            parts.All = protocols.KindOf(parse.CommandResult) is { } kind
                ?
                [
                    .. (named.Length == 0 ? [UsualPart(kind)] : named)
                        .Distinct(StringComparer.Ordinal)
                        .Select(part =>
                        {
                            var opening = new DatasetOpening
                            {
                                Source = new DataSourceRecipe
                                {
                                    Kind = kind,
                                    Path = root,
                                    Split = part,
                                    Annotations = parse.GetValue(protocols.Annotations),
                                    Augment = false,
                                },
                                Resolution = resolution,
                                Rejections = log,
                                CancellationToken = stop,
                            };
                            return (
                                part,
                                parts.Open(opening, parse.GetValue(protocols.Known), parse.GetValue(options.Seed))
                            );
                        }),
                ]
                : parts.OpenEdits(root, named, resolution, log);
            Tell(root, log);
            return parts;
        }
        catch
        {
            parts.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _perceptual?.Dispose();
        _scores?.Dispose();
    }

    private IProtocol Open(DatasetOpening opening, string? knownAs, long seed) =>
        opening.Source.Kind switch
        {
            DataSourceKind.RefCoco or DataSourceKind.GRefCoco => ReferringProtocol.Open(opening, seed),
            var kind when DataSourceKinds.IsLabelMaps(kind) => SemanticProtocol.Open(opening, seed),
            var kind when DataSourceKinds.IsPoses(kind) => PoseProtocol.Open(opening, knownAs is "ap10k", seed),
            _ => RestorationProtocol.Open(opening, _perceptual, seed),
        };

    private IReadOnlyList<(string Name, IProtocol Protocol)> OpenEdits(
        string file,
        string[] named,
        int resolution,
        RejectionLog log
    )
    {
        var benchmark = EditBenchmark.Open(file, log);
        var parts = new List<(string, IProtocol)>();
        foreach (string category in named.Length == 0 ? benchmark.Categories : named.Distinct(StringComparer.Ordinal))
        {
            var protocol = new EditingProtocol(benchmark, category, _scores!, resolution);
            parts.Add(
                protocol.Count > 0
                    ? (category, protocol)
                    : throw new DatasetException(
                        $"{file}: no edit of the category {category}; there are {string.Join(", ", benchmark.Categories)}"
                    )
            );
        }
        return parts;
    }

    private static string UsualPart(DataSourceKind kind) =>
        kind switch
        {
            DataSourceKind.CocoKeypoints => "val2017",
            _ when DataSourceKinds.IsLabelMaps(kind) => LabelLayouts.UsualSplit(kind, isForTraining: false),
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
}
