using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;
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

    private readonly LabelledPictures _pictures;
    private readonly InstructionTemplates _templates;
    private readonly int _resolution;
    private readonly long _seed;

    private SemanticProtocol(DatasetOpening opening, LabelledPictures pictures, long seed)
    {
        _pictures = pictures;
        _templates = TaskTemplates.Load(TaskNames.Segmentation, opening.Source.Templates);
        _resolution = opening.Resolution;
        _seed = seed;
        Fingerprint = DatasetIdentity.Of(Version, opening, augments: false, pictures.Contents);
    }

    /// <inheritdoc/>
    public string Task => TaskNames.Segmentation;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int Count => _pictures.Count;

    /// <summary>Opens one of the kinds that have maps of labels.</summary>
    /// <exception cref="DatasetException">Its folders or its list of names are missing.</exception>
    public static SemanticProtocol Open(DatasetOpening opening, long seed)
    {
        string split = opening.SplitOr(LabelLayouts.UsualSplit(opening.Source.Kind, isForTraining: false));
        return new SemanticProtocol(opening, LabelledPictures.Open(opening, split), seed);
    }

    /// <inheritdoc/>
    public string PictureOf(int index) => _pictures.NameOf(index);

    /// <inheritdoc/>
    public ProtocolItem Read(int index)
    {
        LabelMap labels = _pictures.ReadLabels(index);
        RgbImage picture = _pictures.ReadPicture(index, labels);
        IReadOnlyList<ushort> classes = labels.Classes;
        if (classes.Count == 0)
        {
            throw new BrokenSampleException($"{_pictures.NameOf(index)}: no pixel has a class");
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
        LabelMap labels = _pictures.ReadLabels(index);
        var noted = new List<double>();
        foreach ((int part, ushort label) in labels.Classes.Index())
        {
            MaskOverlap overlap = PaintedArea.Overlap(
                item.Parts[part],
                answers[part],
                MaskOf(labels, label),
                i => labels.Values[i] != LabelMap.None,
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
                overlaps.Add(_pictures.Names[(int)one[0]], one[1], one[2]);
            }
        }
        return overlaps;
    }

    private static bool[] MaskOf(LabelMap labels, ushort label) => [.. labels.Values.Select(value => value == label)];

    private string Word(int index, ushort label, string color)
    {
        var phrasing = new CounterRandom(_seed, RandomPurpose.Phrasing, index, label);
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["object"] = _pictures.Names[label],
            ["color"] = color,
        };
        return _templates.Fill(isHeldOut: false, values, ref phrasing);
    }
}
