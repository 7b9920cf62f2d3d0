using System.Collections.Frozen;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>RefCOCO and gRefCOCO: what a phrase refers to is covered half with a colour (specification 4.5).</summary>
internal sealed class ReferringDataset : IEditDataset
{
    private const int Version = 1;

    /// <summary>Folder of the pictures.</summary>
    public const string Images = "images/train2014";

    private readonly DatasetRoot _root;
    private readonly SamplePictures _pictures;
    private readonly InstructionTemplates _templates;
    private readonly IReadOnlyList<ReferredObjects> _items;
    private readonly DataSourceRecipe _source;
    private readonly int _resolution;
    private readonly bool _augments;

    private ReferringDataset(
        DatasetOpening opening,
        string split,
        IReadOnlyList<ReferredObjects> items,
        params string[] hashes
    )
    {
        _source = opening.Source;
        _root = opening.Root;
        _pictures = opening.StoredPictures;
        _resolution = opening.Resolution;
        _augments = opening.Augments(split);
        _items = items;
        _templates = TaskTemplates.Load(TaskNames.Segmentation, _source.Templates);
        Name = DataSourceKinds.NameOf(_source.Kind);
        Fingerprint = DatasetIdentity.Of(Version, opening, _augments, hashes);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Count => _items.Count;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Opens RefCOCO or gRefCOCO.</summary>
    /// <exception cref="DatasetException">A file is missing or damaged, or nothing in it can be used.</exception>
    public static IEditDataset Open(DatasetOpening opening)
    {
        string split = opening.SplitOr("train");
        (IReadOnlyList<ReferredObjects> items, IReadOnlyList<string> hashes) = ReadObjects(opening, split);
        return new ReferringDataset(opening, split, items, [.. hashes]);
    }

    /// <summary>What the phrases of a part refer to.</summary>
    /// <returns>At least one, and the hashes of the files.</returns>
    /// <exception cref="DatasetException">A file is missing or damaged, or nothing in it can be used.</exception>
    public static (IReadOnlyList<ReferredObjects> Objects, IReadOnlyList<string> Hashes) ReadObjects(
        DatasetOpening opening,
        string split
    )
    {
        string annotations = opening.Source.Annotations ?? UsualAnnotations(opening);
        (IReadOnlyList<Reference> references, string hash) = ReferringExpressions.Read(
            opening.Root.Required(annotations),
            split,
            opening.Rejections,
            opening.CancellationToken
        );
        string folder = annotations[..(annotations.LastIndexOf('/') + 1)];
        CocoInstances instances = CocoInstances.Read(
            opening.Root.Required($"{folder}instances.json"),
            references.Select(reference => reference.ImageId).ToFrozenSet(),
            references.SelectMany(reference => reference.Objects).ToFrozenSet(),
            opening.Rejections,
            opening.CancellationToken
        );
        bool leavesCrowdsOut = opening.Source.Kind == DataSourceKind.GRefCoco;
        List<ReferredObjects> items = [];
        foreach (Reference reference in references)
        {
            if (Join(reference, instances, leavesCrowdsOut, opening.Rejections) is { } item)
            {
                items.Add(item);
            }
        }
        return items.Count > 0
            ? (items, [hash, instances.Hash])
            : throw new DatasetException(
                $"{opening.Source.Path}: no reference of '{split}' has its picture and objects"
            );
    }

    /// <inheritdoc/>
    public EditSample Read(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        ReferredObjects item = _items[(int)index];
        RgbImage picture = _pictures.Read(_root, $"{Images}/{item.Image.FileName}");
        if (picture.Width != item.Image.Width || picture.Height != item.Image.Height)
        {
            throw new BrokenSampleException(
                $"{item.Image.FileName}: {picture.Width}x{picture.Height}, the annotations say "
                    + $"{item.Image.Width}x{item.Image.Height}"
            );
        }
        Choice choice = Choose(item, ref augmentation);
        RgbImage source = choice.Crop.Of(picture, _resolution);
        PixelPlane mask = choice.Crop.Of(item.Mask(_source.Reproduces(ReleasedDefect.PolygonHoles)), _resolution);
        if (choice.IsMirrored)
        {
            (source, mask) = (PictureParts.Mirror(source), mask.Mirror());
        }
        bool roundsDown = _source.Reproduces(ReleasedDefect.TruncatedOverlay);
        return new EditSample(
            source,
            ColorOverlay.Apply(source, mask, choice.Color, roundsDown),
            Word(item, choice.Color, phrasing),
            TaskNames.ReferringSegmentation
        );
    }

    /// <inheritdoc/>
    public (string Instruction, string Task) Describe(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        ReferredObjects item = _items[(int)index];
        return (Word(item, Choose(item, ref augmentation).Color, phrasing), TaskNames.ReferringSegmentation);
    }

    private static string UsualAnnotations(DatasetOpening opening)
    {
        bool isPlural = opening.Source.Kind == DataSourceKind.GRefCoco;
        string stem = isPlural ? "grefcoco/grefs(unc)" : "refcoco/refs(unc)";
        return opening.Root.HasFile($"{stem}.p") ? $"{stem}.p" : $"{stem}.json";
    }

    private static ReferredObjects? Join(
        Reference reference,
        CocoInstances instances,
        bool leavesCrowdsOut,
        RejectionLog log
    )
    {
        string entry = $"picture {reference.ImageId}, '{reference.Sentences[0]}'";
        if (!instances.Images.TryGetValue(reference.ImageId, out CocoImage? image))
        {
            log.Reject("a reference to a picture that instances.json does not have", entry);
            return null;
        }
        var masks = new List<ObjectMask>();
        foreach (long id in reference.Objects)
        {
            if (!instances.Objects.TryGetValue(id, out CocoObject? found) || found.ImageId != reference.ImageId)
            {
                log.Reject("a reference to an object that its picture does not have", entry);
                return null;
            }
            if (!(found.IsCrowd && leavesCrowdsOut))
            {
                masks.Add(found.Mask);
            }
        }
        return new ReferredObjects(image, masks, reference.Sentences);
    }

    private Choice Choose(ReferredObjects item, ref CounterRandom random)
    {
        var crop = SquareCrop.Draw(item.Image.Width, item.Image.Height, _augments, ref random);
        NamedColor color = random.Pick(NamedColor.Segmentation);
        bool isMirrored = random.Chance(_augments ? _source.Flip ?? 0 : 0) && !item.Sentences.Any(SideWords.Names);
        return new Choice(crop, color, isMirrored);
    }

    private string Word(ReferredObjects item, NamedColor color, CounterRandom phrasing)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["object"] = phrasing.Pick(item.Sentences),
            ["color"] = color.Name,
        };
        return _templates.Fill(_source.HeldOutPhrasings, values, ref phrasing);
    }

    private readonly record struct Choice(SquareCrop Crop, NamedColor Color, bool IsMirrored);
}
