using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>
/// Maps of labels (COCO-Stuff, and those that the paper evaluates on): everything of a class is covered half with a colour; of one sample
/// in five the class is one that the part does not show, and nothing is to be covered (specification 4.4).
/// </summary>
internal sealed class SemanticDataset : IEditDataset
{
    private const int Version = 1;
    private const double AbsentShare = 0.2;
    private const double UsualFlip = 0.5;

    private readonly LabelledPictures _pictures;
    private readonly DataSourceRecipe _source;
    private readonly int _resolution;
    private readonly bool _augments;
    private readonly InstructionTemplates _templates;
    private readonly InstructionTemplates _unchanged;

    private SemanticDataset(DatasetOpening opening, string split, LabelledPictures pictures)
    {
        _source = opening.Source;
        _pictures = pictures;
        _resolution = opening.Resolution;
        _augments = opening.Augments(split);
        _templates = TaskTemplates.Load(TaskNames.Segmentation, _source.Templates);
        _unchanged = TaskTemplates.Load(TaskTemplates.Unchanged, _source.Templates);
        Name = DataSourceKinds.NameOf(_source.Kind);
        Fingerprint = DatasetIdentity.Of(Version, opening, _augments, pictures.Contents);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Count => _pictures.Count;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Opens one of the kinds that have maps of labels.</summary>
    /// <exception cref="DatasetException">Its folders or its list of names are missing.</exception>
    public static IEditDataset Open(DatasetOpening opening)
    {
        string split = opening.SplitOr(LabelLayouts.UsualSplit(opening.Source.Kind, isForTraining: true));
        return new SemanticDataset(opening, split, LabelledPictures.Open(opening, split));
    }

    /// <inheritdoc/>
    public EditSample Read(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        Choice choice = Choose(index, ref augmentation);
        RgbImage source = choice.Crop.Of(_pictures.ReadPicture((int)index, choice.Whole), _resolution);
        RgbImage target = source;
        if (choice.Class is { } chosen)
        {
            bool roundsDown = _source.Reproduces(ReleasedDefect.TruncatedOverlay);
            target = ColorOverlay.Apply(source, choice.Labels.MaskOf(chosen), choice.Color, roundsDown);
        }
        if (choice.IsMirrored)
        {
            (source, target) = (PictureParts.Mirror(source), PictureParts.Mirror(target));
        }
        return new EditSample(source, target, Word(choice, phrasing), TaskNames.Segmentation);
    }

    /// <inheritdoc/>
    public (string Instruction, string Task) Describe(long index, CounterRandom augmentation, CounterRandom phrasing) =>
        (Word(Choose(index, ref augmentation), phrasing), TaskNames.Segmentation);

    private Choice Choose(long index, ref CounterRandom random)
    {
        LabelMap whole = _pictures.ReadLabels((int)index);
        var crop = SquareCrop.Draw(whole.Width, whole.Height, _augments, ref random);
        LabelMap labels = whole.Square(crop.Left, crop.Top, crop.Side, _resolution);
        ushort[] present = [.. labels.Classes];
        ushort? chosen = null;
        if (present.Length > 0)
        {
            chosen = random.Pick(present);
            List<ushort> absent = random.Chance(AbsentShare) ? Absent(present) : [];
            chosen = absent.Count > 0 ? random.Pick(absent) : chosen;
        }
        NamedColor color = random.Pick(NamedColor.Segmentation);
        bool isMirrored = random.Chance(_augments ? _source.Flip ?? UsualFlip : 0);
        return new Choice(whole, crop, labels, chosen, color, isMirrored);
    }

    private List<ushort> Absent(ushort[] present)
    {
        List<ushort> absent = [.. Enumerable.Range(0, _pictures.Names.Count).Select(label => (ushort)label)];
        if (!_source.Reproduces(ReleasedDefect.AbsentListGaps))
        {
            absent.RemoveAll(present.Contains);
            return absent;
        }
        // The authors' loop takes from the list that it goes over: after each one that it takes, it misses the next.
        for (int i = 0; i < absent.Count; i++)
        {
            if (present.Contains(absent[i]))
            {
                absent.RemoveAt(i);
            }
        }
        return absent;
    }

    private string Word(Choice choice, CounterRandom phrasing)
    {
        bool isHeldOut = _source.HeldOutPhrasings;
        if (choice.Class is not { } chosen)
        {
            return _unchanged.Fill(isHeldOut, new Dictionary<string, string>(StringComparer.Ordinal), ref phrasing);
        }
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["object"] = _pictures.Names[chosen],
            ["color"] = choice.Color.Name,
        };
        return _templates.Fill(isHeldOut, values, ref phrasing);
    }

    private sealed record Choice(
        LabelMap Whole,
        SquareCrop Crop,
        LabelMap Labels,
        ushort? Class,
        NamedColor Color,
        bool IsMirrored
    );
}
