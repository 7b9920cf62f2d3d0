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
/// <param name="pictures">Takes the pictures of the first items; null to draw none.</param>
internal sealed class ProtocolRun(
    ProtocolPlan plan,
    Func<RgbImage, RgbImage> roundTrip,
    IEditor editor,
    ItemJournal journal,
    ProtocolPictures? pictures
)
{
    // What does not depend on how edits are made: in a sweep measured with the first settings, and not again.
    private readonly Dictionary<(string Split, int Index), ItemNotes> _withoutModel = [];

    private (RgbImage? Source, RgbImage? Picture) _before;

    /// <summary>Items of a part that need not be asked for any more.</summary>
    /// <param name="split">The part's name.</param>
    /// <param name="protocol">Its questions.</param>
    /// <param name="settings">How edits are made.</param>
    public int DoneOf(string split, IProtocol protocol, EditSettings settings) =>
        Portions(protocol).Where(portion => IsDone(split, settings, portion)).Sum(portion => portion.Length);

    /// <summary>Notes all items of a part that are not noted yet.</summary>
    /// <param name="split">The part's name.</param>
    /// <param name="protocol">Its questions.</param>
    /// <param name="settings">How edits are made.</param>
    /// <param name="onItems">Told of items done.</param>
    /// <param name="cancellationToken">Looked at between steps and items.</param>
    /// <returns>What was noted of each item, in order.</returns>
    public IReadOnlyList<ItemNotes> Run(
        string split,
        IProtocol protocol,
        EditSettings settings,
        Action<int> onItems,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<int> items = plan.ItemsOf(protocol.Count);
        HashSet<int> shown = [.. items.Take(pictures is null ? 0 : ProtocolPictures.Kept)];
        foreach (int[] portion in Portions(protocol))
        {
            // A portion is asked for whole or not at all: pictures that share a step decide on each other's rounding.
            if (!IsDone(split, settings, portion))
            {
                Note(split, protocol, settings, portion, shown, cancellationToken);
                onItems(portion.Length);
            }
            foreach (ItemNotes noted in portion.Select(index => Noted(split, settings, index)!))
            {
                if (noted.Broken is null)
                {
                    _withoutModel.TryAdd((split, noted.Index), noted);
                }
            }
        }
        return [.. items.Select(index => Noted(split, settings, index)!)];
    }

    private IEnumerable<int[]> Portions(IProtocol protocol) => plan.ItemsOf(protocol.Count).Chunk(plan.Portion);

    // An evaluation has one way of making edits, which stands in the journal's first line.
    private string KeyOf(string split, EditSettings settings) => plan.IsSweep ? $"{split} {settings.Key}" : split;

    private ItemNotes? Noted(string split, EditSettings settings, int index) =>
        journal.Find(KeyOf(split, settings), index);

    private bool IsDone(string split, EditSettings settings, int[] portion) =>
        portion.All(index => Noted(split, settings, index) is not null);

    private void Note(
        string split,
        IProtocol protocol,
        EditSettings settings,
        int[] portion,
        HashSet<int> shown,
        CancellationToken cancellationToken
    )
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
                Add(
                    new ItemNotes
                    {
                        Split = KeyOf(split, settings),
                        Index = index,
                        Broken = broken.Message,
                    }
                );
            }
        }
        IReadOnlyList<RgbImage?>[] answers = Ask(read, settings, cancellationToken);
        foreach (((int index, ProtocolItem item), IReadOnlyList<RgbImage?> given) in read.Zip(answers))
        {
            cancellationToken.ThrowIfCancellationRequested();
            ItemNotes notes = Judge(split, protocol, index, item, given, shown.Contains(index));
            Add(notes with { Split = KeyOf(split, settings) });
        }
    }

    private void Add(ItemNotes notes)
    {
        if (journal.Find(notes.Split, notes.Index) is null)
        {
            journal.Add(notes);
        }
    }

    private IReadOnlyList<RgbImage?>[] Ask(
        List<(int Index, ProtocolItem Item)> items,
        EditSettings settings,
        CancellationToken cancellationToken
    )
    {
        var answers = items.Select(item => new RgbImage?[item.Item.Parts.Count]).ToArray();
        var asked =
            from i in Enumerable.Range(0, items.Count)
            from part in Enumerable.Range(0, items[i].Item.Parts.Count)
            select (Item: i, Part: part, Request: RequestFor(items[i], part, settings));
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
        if (isShown)
        {
            pictures!.Write(split, index, protocol, item, model);
        }
        ItemNotes? known = _withoutModel.GetValueOrDefault((split, index));
        return new ItemNotes
        {
            Split = split,
            Index = index,
            Model = protocol.Measure(index, item, model),
            Identity = known?.Identity ?? protocol.Measure(index, item, With(part => part.Source)),
            Ceiling =
                known is not null ? known.Ceiling
                : item.Parts.All(part => part.Ideal is not null)
                    ? protocol.Measure(index, item, With(part => roundTrip(part.Ideal!)))
                : null,
            NotFinite = given.Count(picture => picture is null),
            Instructions = isShown ? [.. item.Parts.Select(part => part.Instruction)] : null,
        };

        ProtocolAnswer[] With(Func<ProtocolPart, RgbImage> picture) =>
            [.. item.Parts.Zip(model, (part, answer) => answer with { Picture = picture(part) })];

        // Parts of an item mostly have the same source.
        RgbImage Before(ProtocolPart part)
        {
            _before = ReferenceEquals(_before.Source, part.Source) ? _before : (part.Source, roundTrip(part.Source));
            return _before.Picture!;
        }
    }

    private EditRequest RequestFor((int Index, ProtocolItem Item) item, int part, EditSettings settings) =>
        new()
        {
            Image = item.Item.Parts[part].Source,
            Instruction = item.Item.Parts[part].Instruction,
            Seed = plan.NoiseSeed(item.Index, part, settings),
            Steps = settings.Steps,
            TextGuidanceScale = settings.TextScale,
            ImageGuidanceScale = settings.ImageScale,
            Sampler = SamplerNames.ByName[settings.Sampler],
            WorkingSize = WorkingSize.Of(
                new ImageSize(item.Item.Parts[part].Source.Width, item.Item.Parts[part].Source.Height)
            ),
        };

    private static RgbImage Grey(RgbImage like) => PictureParts.Plain(like.Width, like.Height, level: 128);
}
