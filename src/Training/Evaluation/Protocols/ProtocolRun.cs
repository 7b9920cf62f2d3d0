using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Editors;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>Asks a protocol's questions and notes the answers, going on where an earlier run was interrupted.</summary>
/// <param name="plan">What is evaluated.</param>
/// <param name="roundTrip">A picture through the model's autoencoder and back.</param>
/// <param name="editor">The model.</param>
/// <param name="journal">Holds what was noted.</param>
/// <param name="pictures">Takes the pictures of the first items.</param>
internal sealed class ProtocolRun(
    ProtocolPlan plan,
    Func<RgbImage, RgbImage> roundTrip,
    IEditor editor,
    ItemJournal journal,
    ProtocolPictures pictures
)
{
    // Items in memory at once; how many edits share a step is the editor's affair.
    private const int Portion = 8;

    /// <summary>Notes all items of a part that are not noted yet.</summary>
    /// <param name="split">The part's name.</param>
    /// <param name="protocol">Its questions.</param>
    /// <param name="onItems">Told of items done.</param>
    /// <param name="cancellationToken">Looked at between steps and items.</param>
    /// <returns>What was noted of each item, in order.</returns>
    public IReadOnlyList<ItemNotes> Run(
        string split,
        IProtocol protocol,
        Action<int> onItems,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<int> items = plan.ItemsOf(protocol.Count);
        HashSet<int> shown = [.. items.Take(ProtocolPictures.Kept)];
        foreach (int[] portion in items.Where(index => journal.Find(split, index) is null).Chunk(Portion))
        {
            var read = new List<(int Index, ProtocolItem Item)>();
            foreach (int index in portion)
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    read.Add((index, protocol.Read(index)));
                }
                catch (BrokenSampleException broken)
                {
                    journal.Add(
                        new ItemNotes
                        {
                            Split = split,
                            Index = index,
                            Broken = broken.Message,
                        }
                    );
                }
            }
            IReadOnlyList<RgbImage?>[] answers = Ask(read, cancellationToken);
            foreach (((int index, ProtocolItem item), IReadOnlyList<RgbImage?> given) in read.Zip(answers))
            {
                cancellationToken.ThrowIfCancellationRequested();
                journal.Add(Judge(split, protocol, index, item, given, shown.Contains(index)));
            }
            onItems(portion.Length);
        }
        return [.. items.Select(index => journal.Find(split, index)!)];
    }

    private IReadOnlyList<RgbImage?>[] Ask(
        List<(int Index, ProtocolItem Item)> items,
        CancellationToken cancellationToken
    )
    {
        var answers = items.Select(item => new RgbImage?[item.Item.Parts.Count]).ToArray();
        var asked =
            from i in Enumerable.Range(0, items.Count)
            from part in Enumerable.Range(0, items[i].Item.Parts.Count)
            select (Item: i, Part: part, Request: RequestFor(items[i].Item.Parts[part], items[i].Index, part));
        foreach (var size in asked.GroupBy(one => one.Request.WorkingSize!.Exact)) // an editor's batch has one size
        {
            var ofSize = size.ToArray();
            IReadOnlyList<RgbImage?> given = editor.Edit(
                [.. ofSize.Select(one => one.Request)],
                _ => { },
                cancellationToken
            );
            foreach (((int item, int part, _), RgbImage? picture) in ofSize.Zip(given))
            {
                answers[item][part] = picture;
            }
        }
        return answers;
    }

    private ItemNotes Judge(
        string split,
        IProtocol protocol,
        int index,
        ProtocolItem item,
        IReadOnlyList<RgbImage?> given,
        bool isShown
    )
    {
        ProtocolAnswer[] model =
        [
            .. item.Parts.Zip(given, (part, picture) => new ProtocolAnswer(Before(part), picture ?? Grey(part.Source))),
        ];
        ProtocolAnswer[] identity = [.. item.Parts.Zip(model, (part, answer) => answer with { Picture = part.Source })];
        bool hasIdeals = item.Parts.All(part => part.Ideal is not null);
        ProtocolAnswer[]? ceiling = hasIdeals
            ? [.. item.Parts.Zip(model, (part, answer) => answer with { Picture = roundTrip(part.Ideal!) })]
            : null;
        if (isShown)
        {
            pictures.Write(split, index, protocol, item, model);
        }
        return new ItemNotes
        {
            Split = split,
            Index = index,
            Model = protocol.Measure(index, item, model),
            Identity = protocol.Measure(index, item, identity),
            Ceiling = ceiling is null ? null : protocol.Measure(index, item, ceiling),
            NotFinite = given.Count(picture => picture is null),
            Instructions = isShown ? [.. item.Parts.Select(part => part.Instruction)] : null,
        };

        // Parts of an item mostly have the same source.
        RgbImage Before(ProtocolPart part)
        {
            _before = ReferenceEquals(_before.Source, part.Source) ? _before : (part.Source, roundTrip(part.Source));
            return _before.Picture!;
        }
    }

    private (RgbImage? Source, RgbImage? Picture) _before;

    private EditRequest RequestFor(ProtocolPart part, int index, int number) =>
        new()
        {
            Image = part.Source,
            Instruction = part.Instruction,
            Seed = plan.NoiseSeed(index, number),
            Steps = plan.Settings.Steps,
            TextGuidanceScale = plan.Settings.TextScale,
            ImageGuidanceScale = plan.Settings.ImageScale,
            Sampler = SamplerNames.ByName[plan.Settings.Sampler],
            WorkingSize = WorkingSize.Of(new ImageSize(part.Source.Width, part.Source.Height)),
        };

    private static RgbImage Grey(RgbImage like) => PictureParts.Plain(like.Width, like.Height, level: 128);
}
