using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>
/// COCO-Stuff: everything of a class is covered half with a colour; of one sample in five the class is one that the part does not
/// show, and nothing is to be covered (specification 4.4).
/// </summary>
internal sealed class CocoStuffDataset : IEditDataset
{
    private const int Version = 1;
    private const double AbsentShare = 0.2;
    private const double UsualFlip = 0.5;

    private readonly DatasetRoot _root;
    private readonly SamplePictures _pictures;
    private readonly DataSourceRecipe _source;
    private readonly int _resolution;
    private readonly bool _augments;
    private readonly string _split;
    private readonly IReadOnlyList<string> _files;
    private readonly IReadOnlyList<string> _names;
    private readonly InstructionTemplates _templates;
    private readonly InstructionTemplates _unchanged;

    private CocoStuffDataset(DatasetOpening opening, string split, IReadOnlyList<string> files)
    {
        _source = opening.Source;
        _root = opening.Root;
        _pictures = opening.StoredPictures;
        _resolution = opening.Resolution;
        _augments = opening.Augments(split);
        _split = split;
        _files = files;
        _names = StuffLabels.ReadNames(_root);
        _templates = TaskTemplates.Load(TaskNames.Segmentation, _source.Templates);
        _unchanged = TaskTemplates.Load(TaskTemplates.Unchanged, _source.Templates);
        Name = DataSourceKinds.NameOf(_source.Kind);
        IEnumerable<string> contents = DatasetIdentity.OfFiles(
            _root,
            files.SelectMany(f => new[] { Image(split, f), Map(split, f) })
        );
        Fingerprint = DatasetIdentity.Of(Version, opening, _augments, contents);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Count => _files.Count;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Opens COCO-Stuff.</summary>
    /// <exception cref="DatasetException">Its folders or its list of names are missing.</exception>
    public static IEditDataset Open(DatasetOpening opening)
    {
        string split = opening.SplitOr("train2017");
        return new CocoStuffDataset(opening, split, FilesOf(opening, split));
    }

    /// <summary>Names, without their endings, of the pictures of a part that have a map of labels.</summary>
    /// <exception cref="DatasetException">There is none.</exception>
    public static IReadOnlyList<string> FilesOf(DatasetOpening opening, string split)
    {
        HashSet<string> maps = new(opening.Root.FilesIn($"annotations/{split}", ".png"), StringComparer.Ordinal);
        var files = new List<string>();
        foreach (string image in opening.Root.FilesIn($"images/{split}", ".jpg"))
        {
            string stem = Path.ChangeExtension(image, null);
            if (maps.Contains($"{stem}.png"))
            {
                files.Add(stem);
            }
            else
            {
                opening.Rejections.Reject("a picture without a map of labels", image);
            }
        }
        return files.Count > 0
            ? files
            : throw new DatasetException($"{opening.Source.Path}: no picture of '{split}' has a map of labels");
    }

    /// <inheritdoc/>
    public EditSample Read(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        Choice choice = Choose(index, ref augmentation);
        RgbImage picture = _pictures.Read(_root, Image(_split, _files[(int)index]));
        if (picture.Width != choice.Width || picture.Height != choice.Height)
        {
            throw new BrokenSampleException(
                $"{Image(_split, _files[(int)index])}: {picture.Width}x{picture.Height}, its labels are {choice.Width}x{choice.Height}"
            );
        }
        RgbImage source = choice.Crop.Of(picture, _resolution);
        RgbImage target = source;
        if (choice.Class is { } chosen)
        {
            PixelPlane mask = choice.Labels with
            {
                Values = [.. choice.Labels.Values.Select(label => label == chosen ? (byte)1 : (byte)0)],
            };
            bool roundsDown = _source.Reproduces(ReleasedDefect.TruncatedOverlay);
            target = ColorOverlay.Apply(source, mask, choice.Color, roundsDown);
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

    /// <summary>A picture of a part.</summary>
    public static string Image(string split, string file) => $"images/{split}/{file}.jpg";

    /// <summary>Its map of labels.</summary>
    public static string Map(string split, string file) => $"annotations/{split}/{file}.png";

    private Choice Choose(long index, ref CounterRandom random)
    {
        string map = Map(_split, _files[(int)index]);
        PixelPlane whole = StuffLabels.ReadMap(_root, _pictures, map);
        var crop = SquareCrop.Draw(whole.Width, whole.Height, _augments, ref random);
        PixelPlane labels = crop.Of(whole, _resolution);
        byte[] present = [.. labels.Values.Distinct().Where(label => label != StuffLabels.Unlabeled).Order()];
        if (present.Length > 0 && present[^1] >= StuffLabels.Count)
        {
            throw new BrokenSampleException($"{map}: label {present[^1]}, expected 0…{StuffLabels.Count - 1} or 255");
        }
        byte? chosen = null;
        if (present.Length > 0)
        {
            chosen = random.Pick(present);
            if (random.Chance(AbsentShare))
            {
                chosen = random.Pick(Absent(present));
            }
        }
        NamedColor color = random.Pick(NamedColor.Segmentation);
        bool isMirrored = random.Chance(_augments ? _source.Flip ?? UsualFlip : 0);
        return new Choice(whole.Width, whole.Height, crop, labels, chosen, color, isMirrored);
    }

    private List<byte> Absent(byte[] present)
    {
        List<byte> absent = [.. Enumerable.Range(0, StuffLabels.Count).Select(label => (byte)label)];
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
            ["object"] = _names[chosen],
            ["color"] = choice.Color.Name,
        };
        return _templates.Fill(isHeldOut, values, ref phrasing);
    }

    private sealed record Choice(
        int Width,
        int Height,
        SquareCrop Crop,
        PixelPlane Labels,
        byte? Class,
        NamedColor Color,
        bool IsMirrored
    );
}
