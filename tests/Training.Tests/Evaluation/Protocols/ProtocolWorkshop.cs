using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Editors;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Evaluation.Protocols;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Tests.Data;

namespace InstructDiffusion.Training.Tests.Evaluation.Protocols;

/// <summary>A small data set as it lies on users' disks, and a protocol over it.</summary>
internal sealed class ProtocolWorkshop : IDisposable
{
    private readonly TempFolder _made = new();

    public DatasetWorkshop Data { get; } = new();

    public string Journal => _made.Of("items.jsonl");

    public ProtocolPlan Plan { get; init; } =
        new()
        {
            Protocol = ProtocolNames.Keypoints,
            Set = "coco_keypoints",
            Resolution = 64,
            Count = 100,
            Seed = 3,
            Settings = new EditSettings(2, 3, 1.5, "ddim"),
        };

    public DatasetOpening Opening(DataSourceKind kind, string? split = "train", string? annotations = null) =>
        new()
        {
            Source = new DataSourceRecipe
            {
                Kind = kind,
                Path = Data.Root,
                Split = split,
                Annotations = annotations,
                Augment = false,
            },
            Resolution = Plan.Resolution,
        };

    public ProtocolSection Evaluate(
        IProtocol protocol,
        IEditor editor,
        string name = ProtocolNames.Keypoints,
        string set = "coco_keypoints"
    )
    {
        ProtocolPlan plan = Plan with { Protocol = name, Set = set };
        using var journal = ItemJournal.Open(Journal, "a plan");
        var run = new ProtocolRun(plan, Coarse, editor, journal, new ProtocolPictures(_made.Of("pictures")));
        IReadOnlyList<ItemNotes> notes = run.Run("train", protocol, plan.Settings, _ => { }, CancellationToken.None);
        return new ProtocolSections(plan, set).Of("train", protocol, notes);
    }

    // An autoencoder that keeps every eighth level.
    private static RgbImage Coarse(RgbImage picture) =>
        new(picture.Width, picture.Height, [.. picture.Pixels.ToArray().Select(level => (byte)(level / 8 * 8))]);

    public void Dispose()
    {
        Data.Dispose();
        _made.Dispose();
    }
}
