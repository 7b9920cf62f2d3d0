using System.CommandLine;
using System.CommandLine.Parsing;
using InstructDiffusion.Training.Evaluation.Protocols;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Commands;

/// <summary>What <c>evaluate --protocol</c> is told beside the rest.</summary>
internal sealed class ProtocolOptions
{
    private static readonly IReadOnlyDictionary<string, DataSourceKind[]> _sets = new Dictionary<
        string,
        DataSourceKind[]
    >(StringComparer.Ordinal)
    {
        [ProtocolNames.Keypoints] =
        [
            DataSourceKind.CocoKeypoints,
            DataSourceKind.Mpii,
            DataSourceKind.CrowdPose,
            DataSourceKind.Aic,
        ],
        [ProtocolNames.Referring] = [DataSourceKind.RefCoco, DataSourceKind.GRefCoco],
        [ProtocolNames.Semantic] =
        [
            DataSourceKind.CocoStuff,
            DataSourceKind.Ade20K,
            DataSourceKind.PascalContext,
            DataSourceKind.PascalVoc,
            DataSourceKind.LabelMaps,
        ],
        [ProtocolNames.Restoration] =
        [
            DataSourceKind.GoPro,
            DataSourceKind.Reds,
            DataSourceKind.Sidd,
            DataSourceKind.Clwd,
        ],
        [ProtocolNames.Editing] = [],
    };

    public Option<string?> Protocol { get; } =
        new("--protocol") { Description = "Measure one of the paper's tables on a data set of your own." };

    public Option<string?> Root { get; } =
        new("--data-root")
        {
            Description = "The data set's folder, laid out as docs/datasets.md tells; of editing a .jsonl file.",
            HelpName = "folder",
        };

    public Option<string?> Set { get; } =
        new("--set") { Description = "Which data set it is. Default: coco_keypoints, refcoco, coco_stuff." };

    public Option<string[]> Parts { get; } =
        new("--part")
        {
            Description = "Parts of the data set, e.g. val testA testB; of editing its categories.",
            HelpName = "name",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };

    public Option<string?> Annotations { get; } =
        new("--annotations")
        {
            Description = "File of annotations where it is not the usual one: HumanArt's, AP-10K's, RefCOCO+'s.",
            HelpName = "file",
        };

    public Option<string?> Known { get; } =
        new("--known-as") { Description = "The data set in the paper's tables, where the annotations are another's." };

    public Option<string?> Clip { get; } =
        new("--clip") { Description = "Folder of the CLIP that edits are judged by.", HelpName = "folder" };

    public Option<string?> Aesthetic { get; } =
        new("--aesthetic") { Description = "File of LAION's aesthetic predictor.", HelpName = "file" };

    public Option<string?> AestheticClip { get; } =
        new("--aesthetic-clip")
        {
            Description = "Folder of CLIP ViT-L/14 for it, where --clip is another.",
            HelpName = "folder",
        };

    public Option<string[]> Lpips { get; } =
        new("--lpips")
        {
            Description = "Two files: torchvision's alexnet or vgg16, and lpips' weights for it.",
            HelpName = "files",
            Arity = new ArgumentArity(2, 2),
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [],
        };

    /// <summary>Adds all of them, and what must hold between them.</summary>
    public void AddTo(Command command)
    {
        Protocol.AcceptOnlyFromAmong([.. ProtocolNames.All]);
        Set.AcceptOnlyFromAmong([.. _sets.Values.SelectMany(kinds => kinds).Select(DataSourceKinds.NameOf)]);
        Known.AcceptOnlyFromAmong([
            .. (string[])["humanart", "ap10k", "refcoco+", "refcocog_umd", "refcocog_google", "refclef"],
            .. (string[])["ade20k_847", "pascal_context_459"],
        ]);
        foreach (
            Option option in (Option[])
                [Protocol, Root, Set, Parts, Annotations, Known, Clip, Aesthetic, AestheticClip, Lpips]
        )
        {
            command.Options.Add(option);
        }
        command.Validators.Add(Validate);
    }

    /// <summary>The data set that is meant; null for editing, which has none of the sixteen.</summary>
    public DataSourceKind? KindOf(CommandResult result)
    {
        DataSourceKind[] kinds = _sets[result.GetValue(Protocol)!];
        return result.GetValue(Set) is { } name ? DataSourceKinds.Find(name)
            : kinds.Length == 0 ? null
            : kinds[0];
    }

    /// <summary>Whether a protocol is named.</summary>
    public bool IsGiven(CommandResult result) => WordOf(result, Protocol) is not null;

    // Not the value, which throws where it is none of those allowed; that is told elsewhere.
    private static string? WordOf(CommandResult result, Option<string?> option) =>
        result.GetResult(option) is { Tokens: [var token, ..] } ? token.Value : null;

    private void Validate(CommandResult result)
    {
        if (WordOf(result, Protocol) is not { } protocol || !_sets.TryGetValue(protocol, out DataSourceKind[]? kinds))
        {
            return;
        }
        bool isRestoration = string.Equals(protocol, ProtocolNames.Restoration, StringComparison.Ordinal);
        if (result.GetValue(Root) is null)
        {
            result.AddError("--protocol needs --data-root");
        }
        if (isRestoration && WordOf(result, Set) is null)
        {
            result.AddError("restoration needs --set: gopro, reds, sidd or clwd");
        }
        if (WordOf(result, Set) is { } set && !kinds.Select(DataSourceKinds.NameOf).Contains(set))
        {
            result.AddError($"--set {set} is none of {protocol}");
        }
        if (string.Equals(protocol, ProtocolNames.Editing, StringComparison.Ordinal) && result.GetValue(Clip) is null)
        {
            result.AddError("editing needs --clip");
        }
    }
}
