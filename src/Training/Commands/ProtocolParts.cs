using System.CommandLine;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Segmentation;
using InstructDiffusion.Training.Evaluation.Metrics;
using InstructDiffusion.Training.Evaluation.Protocols;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Commands;

/// <summary>The parts of a data set that <c>evaluate --protocol</c> is told to measure, and what they are measured with.</summary>
/// <param name="options">What <c>evaluate</c> is told.</param>
/// <param name="parse">The command line.</param>
/// <param name="resolution">Of the model's canvas.</param>
internal sealed class ProtocolParts(EvaluateOptions options, ParseResult parse, int resolution) : IDisposable
{
    private readonly ProtocolOptions _protocols = options.Protocols;
    private readonly RejectionLog _log = new();
    private PerceptualDistance? _perceptual;
    private EditScores? _scores;

    /// <summary>Opens them, and tells what of the data set is left out.</summary>
    /// <param name="stop">Ends it.</param>
    /// <returns>By name, at least one; of use until this is disposed.</returns>
    /// <exception cref="DatasetException">The data set is missing or malformed.</exception>
    public IReadOnlyList<(string Name, IProtocol Protocol)> Open(CancellationToken stop)
    {
        if (parse.GetValue(_protocols.Lpips) is [var features, var weights])
        {
            _perceptual = PerceptualDistance.Open(features, weights);
        }
        if (parse.GetValue(_protocols.Clip) is { } clip)
        {
            string device = parse.GetRequiredValue(options.Device);
            string? aestheticClip = parse.GetValue(_protocols.AestheticClip);
            _scores = EditScores.Open(clip, parse.GetValue(_protocols.Aesthetic), aestheticClip, device, stop);
        }
        string[] named = [.. parse.GetRequiredValue(_protocols.Parts).Distinct(StringComparer.Ordinal)];
        string root = parse.GetRequiredValue(_protocols.Root)!;
        IReadOnlyList<(string, IProtocol)> parts = _protocols.KindOf(parse.CommandResult) is { } kind
            ? [.. named.DefaultIfEmpty(UsualPart(kind)).Select(part => (part, Open(kind, root, part, stop)))]
            : OpenEdits(root, named);
        Tell(root);
        return parts;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _perceptual?.Dispose();
        _scores?.Dispose();
    }

    private IProtocol Open(DataSourceKind kind, string root, string part, CancellationToken stop)
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
            Resolution = resolution,
            Rejections = _log,
            CancellationToken = stop,
        };
        long seed = parse.GetValue(options.Seed);
        return kind switch
        {
            DataSourceKind.RefCoco or DataSourceKind.GRefCoco => ReferringProtocol.Open(opening, seed),
            _ when DataSourceKinds.IsLabelMaps(kind) => SemanticProtocol.Open(opening, seed),
            _ when DataSourceKinds.IsPoses(kind) => PoseProtocol.Open(
                opening,
                isAnimals: parse.GetValue(_protocols.Known) is "ap10k",
                seed
            ),
            _ => RestorationProtocol.Open(opening, _perceptual, seed),
        };
    }

    private List<(string Name, IProtocol Protocol)> OpenEdits(string file, string[] named)
    {
        var benchmark = EditBenchmark.Open(file, _log);
        var parts = new List<(string, IProtocol)>();
        foreach (string category in named.Length == 0 ? benchmark.Categories : named)
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

    private void Tell(string root)
    {
        foreach (Rejection rejection in _log.Rejected)
        {
            Console.Error.WriteLine(
                $"{root}: rejected {rejection.Count}: {rejection.Reason}, e.g. {rejection.Examples[0]}"
            );
        }
    }
}
