using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Data.Segmentation;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>
/// What a phrase refers to (the paper's table 3): one item a sentence, the whole picture, and the mask compared at the picture's own size.
/// Where nothing is referred to (gRefCOCO), whatever is marked counts as union, and nothing marked not at all.
/// </summary>
internal sealed class ReferringProtocol : IProtocol
{
    private const int Version = 1;

    private readonly DatasetRoot _root;
    private readonly SamplePictures _pictures;
    private readonly InstructionTemplates _templates;
    private readonly List<(ReferredObjects Referred, string Sentence)> _items;
    private readonly int _resolution;
    private readonly long _seed;

    private ReferringProtocol(
        DatasetOpening opening,
        IReadOnlyList<ReferredObjects> referred,
        IEnumerable<string> hashes,
        long seed
    )
    {
        _root = opening.Root;
        _pictures = opening.StoredPictures;
        _templates = TaskTemplates.Load(TaskNames.Segmentation, opening.Source.Templates);
        _items = [.. referred.SelectMany(one => one.Sentences.Select(sentence => (one, sentence)))];
        _resolution = opening.Resolution;
        _seed = seed;
        Fingerprint = DatasetIdentity.Of(Version, opening, augments: false, hashes);
    }

    /// <inheritdoc/>
    public string Task => TaskNames.Segmentation;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int Count => _items.Count;

    /// <summary>Opens RefCOCO, RefCOCO+, RefCOCOg (their files named as annotations) or gRefCOCO.</summary>
    /// <exception cref="DatasetException">A file is missing or damaged, or nothing in it can be used.</exception>
    public static ReferringProtocol Open(DatasetOpening opening, long seed)
    {
        (IReadOnlyList<ReferredObjects> referred, IReadOnlyList<string> hashes) = ReferringDataset.ReadObjects(
            opening,
            opening.SplitOr("val")
        );
        return new ReferringProtocol(opening, referred, hashes, seed);
    }

    /// <inheritdoc/>
    public string PictureOf(int index) => _items[index].Referred.Image.FileName;

    /// <inheritdoc/>
    public ProtocolItem Read(int index)
    {
        (ReferredObjects referred, string sentence) = _items[index];
        CocoImage image = referred.Image;
        RgbImage picture = _pictures.Read(_root, $"{ReferringDataset.Images}/{image.FileName}");
        if ((picture.Width, picture.Height) != (image.Width, image.Height))
        {
            throw new BrokenSampleException(
                $"{image.FileName}: {picture.Width}x{picture.Height}, the annotations say {image.Width}x{image.Height}"
            );
        }
        RgbImage source = PictureFraming.OnCanvas(
            picture,
            PictureFraming.CanvasOf(picture.Width, picture.Height, _resolution)
        );
        string Word(string color)
        {
            var phrasing = new CounterRandom(_seed, RandomPurpose.Phrasing, index);
            var values = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["object"] = sentence,
                ["color"] = color,
            };
            return _templates.Fill(isHeldOut: false, values, ref phrasing);
        }
        return new ProtocolItem([PaintedArea.Ask(source, MaskOf(referred), image.Width, image.Height, Word)]);
    }

    /// <inheritdoc/>
    /// <returns>Intersection and union, pixels.</returns>
    public double[] Measure(int index, ProtocolItem item, IReadOnlyList<ProtocolAnswer> answers)
    {
        ReferredObjects referred = _items[index].Referred;
        MaskOverlap overlap = PaintedArea.Overlap(
            item.Parts[0],
            answers[0],
            MaskOf(referred),
            isCounted: null,
            referred.Image.Width,
            referred.Image.Height
        );
        return [overlap.Intersection, overlap.Union];
    }

    /// <inheritdoc/>
    public RgbImage? ReadOut(ProtocolItem item, int part, ProtocolAnswer answer) =>
        PaintedArea.Draw(item.Parts[part], answer);

    /// <inheritdoc/>
    public IReadOnlyList<ProtocolFigure> FiguresOf(IReadOnlyList<int> items) =>
        [
            ProtocolFigure.Ratio(FigureKind.CumulativeIou, items.Count, 100, noted => (noted[0], noted[1])),
            ProtocolFigure.Ratio(
                FigureKind.MeanIou,
                items.Count,
                100,
                noted => (new MaskOverlap((int)noted[0], (int)noted[1]).Iou, 1)
            ),
        ];

    private static bool[] MaskOf(ReferredObjects referred) =>
        [.. referred.Mask(hasHoles: false).Values.Select(inside => inside != 0)];
}
