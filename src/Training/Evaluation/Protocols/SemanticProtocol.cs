using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Data.Segmentation;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Evaluation.Metrics;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>
/// Everything of a class (the paper's table 4): one item a picture, one edit for each class that it shows, compared at the picture's own
/// size; pixels without a label do not count. The paper does not say which classes are asked of a picture; those it does not
/// show are not asked here, so what would be marked for them is not in the unions.
/// </summary>
internal sealed class SemanticProtocol : IProtocol
{
    private const int Version = 1;
    private const int Columns = 3; // label, intersection, union

    private readonly DatasetRoot _root;
    private readonly SamplePictures _pictures;
    private readonly InstructionTemplates _templates;
    private readonly IReadOnlyList<string> _files;
    private readonly IReadOnlyList<string> _names;
    private readonly string _split;
    private readonly int _resolution;
    private readonly long _seed;

    private SemanticProtocol(DatasetOpening opening, string split, IReadOnlyList<string> files, long seed)
    {
        _root = opening.Root;
        _pictures = opening.StoredPictures;
        _templates = TaskTemplates.Load(TaskNames.Segmentation, opening.Source.Templates);
        _files = files;
        _names = StuffLabels.ReadNames(_root);
        _split = split;
        _resolution = opening.Resolution;
        _seed = seed;
        IEnumerable<string> contents = DatasetIdentity.OfFiles(
            _root,
            files.SelectMany(file => new[] { CocoStuffDataset.Image(split, file), CocoStuffDataset.Map(split, file) })
        );
        Fingerprint = DatasetIdentity.Of(Version, opening, augments: false, contents);
    }

    /// <inheritdoc/>
    public string Task => TaskNames.Segmentation;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int Count => _files.Count;

    /// <summary>Opens COCO-Stuff.</summary>
    /// <exception cref="DatasetException">Its folders or its list of names are missing.</exception>
    public static SemanticProtocol Open(DatasetOpening opening, long seed)
    {
        string split = opening.SplitOr("val2017");
        return new SemanticProtocol(opening, split, CocoStuffDataset.FilesOf(opening, split), seed);
    }

    /// <inheritdoc/>
    public string PictureOf(int index) => _files[index];

    /// <inheritdoc/>
    public ProtocolItem Read(int index)
    {
        PixelPlane labels = LabelsOf(index);
        RgbImage picture = _pictures.Read(_root, CocoStuffDataset.Image(_split, _files[index]));
        if ((picture.Width, picture.Height) != (labels.Width, labels.Height))
        {
            throw new BrokenSampleException(
                $"{_files[index]}: {picture.Width}x{picture.Height}, its labels are {labels.Width}x{labels.Height}"
            );
        }
        byte[] classes = [.. ClassesOf(labels)];
        if (classes.Length == 0)
        {
            throw new BrokenSampleException($"{_files[index]}: no pixel has a label");
        }
        RgbImage source = PictureFraming.OnCanvas(
            picture,
            PictureFraming.CanvasOf(picture.Width, picture.Height, _resolution)
        );
        return new ProtocolItem([
            .. classes.Select(label =>
                PaintedArea.Ask(
                    source,
                    MaskOf(labels, label),
                    labels.Width,
                    labels.Height,
                    color => Word(index, label, color)
                )
            ),
        ]);
    }

    /// <inheritdoc/>
    /// <returns>Label, intersection and union for each class.</returns>
    public double[] Measure(int index, ProtocolItem item, IReadOnlyList<ProtocolAnswer> answers)
    {
        PixelPlane labels = LabelsOf(index);
        var noted = new List<double>();
        foreach ((int part, byte label) in ClassesOf(labels).Index())
        {
            MaskOverlap overlap = PaintedArea.Overlap(
                item.Parts[part],
                answers[part],
                MaskOf(labels, label),
                i => labels.Values[i] != StuffLabels.Unlabeled,
                labels.Width,
                labels.Height
            );
            noted.AddRange([label, overlap.Intersection, overlap.Union]);
        }
        return [.. noted];
    }

    /// <inheritdoc/>
    public RgbImage? ReadOut(ProtocolItem item, int part, ProtocolAnswer answer) =>
        PaintedArea.Draw(item.Parts[part], answer);

    /// <inheritdoc/>
    public IReadOnlyList<ProtocolFigure> FiguresOf(IReadOnlyList<int> items) =>
        [
            new(FigureKind.MeanClassIou, items.Count, (noted, chosen) => 100 * Sum(noted, chosen).MeanOfClasses),
            new(FigureKind.CumulativeIou, items.Count, (noted, chosen) => 100 * Sum(noted, chosen).Cumulative),
        ];

    private ClassOverlaps Sum(IReadOnlyList<double[]> noted, IReadOnlyList<int> chosen)
    {
        var overlaps = new ClassOverlaps();
        foreach (double[] picture in chosen.Select(item => noted[item]))
        {
            foreach (double[] one in picture.Chunk(Columns))
            {
                overlaps.Add(_names[(int)one[0]], one[1], one[2]);
            }
        }
        return overlaps;
    }

    private PixelPlane LabelsOf(int index) =>
        StuffLabels.ReadMap(_root, _pictures, CocoStuffDataset.Map(_split, _files[index]));

    private IEnumerable<byte> ClassesOf(PixelPlane labels) =>
        labels.Values.Distinct().Where(label => label < _names.Count).Order();

    private static bool[] MaskOf(PixelPlane labels, byte label) => [.. labels.Values.Select(value => value == label)];

    private string Word(int index, byte label, string color)
    {
        var phrasing = new CounterRandom(_seed, RandomPurpose.Phrasing, index, label);
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["object"] = _names[label],
            ["color"] = color,
        };
        return _templates.Fill(isHeldOut: false, values, ref phrasing);
    }
}
