using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Data.Poses;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>
/// Joints of persons whose boxes are given (the paper's table 2): one item a person, cut out as in training, turned and mirrored never. All
/// joints are asked for, five an edit, whether they are to be seen or not: who uses it does not know. An answer's discs are
/// read out and brought back to the picture.
/// </summary>
internal sealed class PoseProtocol : IProtocol
{
    private const int Version = 1;
    private const int JointsPerEdit = 5;

    // 10 pixels in 256, as in training.
    private const double RadiusShare = 10.0 / 256;

    private readonly IReadOnlyList<Person> _people;
    private readonly PoseSkeleton _skeleton;
    private readonly DataSourceKind _kind;
    private readonly DatasetRoot _root;
    private readonly SamplePictures _pictures;
    private readonly InstructionTemplates _templates;
    private readonly IReadOnlyList<int> _asked;
    private readonly int _resolution;
    private readonly long _seed;
    private readonly int _radius;

    private PoseProtocol(DatasetOpening opening, IReadOnlyList<Person> people, string hash, bool isAnimals, long seed)
    {
        _people = people;
        _kind = opening.Source.Kind;
        _skeleton = PoseSkeleton.Of(_kind);
        _root = opening.Root;
        _pictures = opening.StoredPictures;
        _templates = TaskTemplates.Load(TaskNames.Keypoints, opening.Source.Templates);
        _asked = isAnimals ? AnimalJoints.Shared : [.. Enumerable.Range(0, _skeleton.Joints.Count)];
        _resolution = opening.Resolution;
        _seed = seed;
        _radius = Math.Max(1, (int)Math.Round(RadiusShare * _resolution));
        Fingerprint = DatasetIdentity.Of(Version, opening, augments: false, hash, $"{isAnimals}");
    }

    /// <inheritdoc/>
    public string Task => TaskNames.Keypoints;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public int Count => _people.Count;

    /// <summary>Opens a set of people.</summary>
    /// <param name="opening">Of COCO keypoints (or HumanArt in its form), CrowdPose, AIC or MPII.</param>
    /// <param name="isAnimals">AP-10K in COCO's form: all its categories, and the joints that people have too.</param>
    /// <param name="seed">Of the phrasings.</param>
    /// <exception cref="DatasetException">The annotations are missing, or hold nobody that can be used.</exception>
    public static PoseProtocol Open(DatasetOpening opening, bool isAnimals, long seed)
    {
        (IReadOnlyList<Person> people, string hash) = PoseDataset.ReadPeople(opening, "val", isAnimals);
        IReadOnlyList<Person> usable = isAnimals ? [.. people.Select(AnimalJoints.AsPerson)] : people;
        usable = [.. usable.Where(person => person.VisibleCount > 0)];
        return usable.Count > 0
            ? new PoseProtocol(opening, usable, hash, isAnimals, seed)
            : throw new DatasetException($"{opening.Source.Path}: no person in it can be used");
    }

    /// <inheritdoc/>
    public string PictureOf(int index) => _people[index].Image;

    /// <inheritdoc/>
    public ProtocolItem Read(int index)
    {
        Person person = _people[index];
        PoseFrame frame = FrameOf(person);
        RgbImage source = FrameWarp.Apply(_pictures.Read(_root, person.Image), frame);
        var parts = new List<ProtocolPart>();
        foreach (int[] joints in _asked.Chunk(JointsPerEdit))
        {
            List<NamedColor> colors = ColorsFor(source);
            byte[] ideal = source.Pixels.ToArray();
            string words = "";
            var phrasing = new CounterRandom(_seed, RandomPurpose.Phrasing, index, parts.Count);
            foreach ((int i, int joint) in joints.Index())
            {
                var values = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["joint"] = _skeleton.Joints[joint],
                    ["color"] = colors[i].Name,
                };
                words += _templates.Fill(isHeldOut: false, values, ref phrasing);
                if (person.IsVisible(joint))
                {
                    (double x, double y) = person.JointAt(joint);
                    (x, y) = frame.ToSample(x, y);
                    (int column, int row) = ((int)Math.Floor(x + 0.5), (int)Math.Floor(y + 0.5));
                    PictureMarks.Disc(ideal, _resolution, column, row, _radius, colors[i]);
                }
            }
            parts.Add(new ProtocolPart(source, new RgbImage(_resolution, _resolution, ideal), words));
        }
        return new ProtocolItem(parts);
    }

    /// <inheritdoc/>
    /// <returns>x, y in the picture and confidence for each joint of the skeleton; NaN, NaN, 0 where it was not found.</returns>
    public double[] Measure(int index, ProtocolItem item, IReadOnlyList<ProtocolAnswer> answers)
    {
        PoseFrame frame = FrameOf(_people[index]);
        double[] noted =
        [
            .. Enumerable
                .Repeat((double[])[double.NaN, double.NaN, 0], _skeleton.Joints.Count)
                .SelectMany(none => none),
        ];
        foreach ((int part, int[] joints) in _asked.Chunk(JointsPerEdit).Index())
        {
            foreach ((int i, KeypointReading? found) in Find(item, part, answers[part]).Index())
            {
                if (found is { } point)
                {
                    (double x, double y) = frame.ToPicture(point.X, point.Y);
                    int at = 3 * joints[i];
                    (noted[at], noted[at + 1], noted[at + 2]) = (x, y, point.Confidence);
                }
            }
        }
        return noted;
    }

    /// <inheritdoc/>
    public RgbImage? ReadOut(ProtocolItem item, int part, ProtocolAnswer answer)
    {
        List<NamedColor> colors = ColorsFor(item.Parts[part].Source);
        byte[] pixels = [.. item.Parts[part].Source.Pixels.ToArray().Select(level => (byte)(level / 2))];
        foreach ((int i, KeypointReading? found) in Find(item, part, answer).Index())
        {
            if (found is { } point)
            {
                PictureMarks.Disc(
                    pixels,
                    _resolution,
                    (int)Math.Round(point.X),
                    (int)Math.Round(point.Y),
                    Math.Max(1, _radius / 2),
                    colors[i]
                );
            }
        }
        return new RgbImage(_resolution, _resolution, pixels);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ProtocolFigure> FiguresOf(IReadOnlyList<int> items) =>
        new PoseFigures(_kind, [.. items.Select(index => _people[index])], _asked).All();

    private PoseFrame FrameOf(Person person) => new(person.Box, 0, IsMirrored: false, _resolution);

    private IEnumerable<KeypointReading?> Find(ProtocolItem item, int part, ProtocolAnswer answer)
    {
        int count = _asked.Chunk(JointsPerEdit).ElementAt(part).Length;
        return ColorsFor(item.Parts[part].Source)
            .Take(count)
            .Select(color =>
                PaintedKeypoint.Find(
                    answer.Before,
                    answer.Picture,
                    new PaintColor(color.Red, color.Green, color.Blue),
                    _radius
                )
            );
    }

    /// <summary>Those that stand out most from the picture, the farthest first.</summary>
    private static List<NamedColor> ColorsFor(RgbImage source)
    {
        List<NamedPaint> left = [.. PaintPalette.Keypoints];
        var colors = new List<NamedColor>();
        while (colors.Count < JointsPerEdit)
        {
            NamedPaint farthest = PaintPalette.FarthestFrom(left, source);
            left.Remove(farthest);
            colors.Add(
                NamedColor.Keypoints.First(color => string.Equals(color.Name, farthest.Name, StringComparison.Ordinal))
            );
        }
        return colors;
    }
}
