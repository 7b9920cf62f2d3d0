using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Poses;

/// <summary>One person a sample, with discs at the joints that the instruction names (specification 4.3).</summary>
internal sealed class PoseDataset : IEditDataset
{
    private const int Version = 1;
    private const double UsualFlip = 0.5;

    // 10 pixels in 256.
    private const double RadiusShare = 10.0 / 256;

    private readonly DatasetRoot _root;
    private readonly SamplePictures _pictures;
    private readonly DataSourceRecipe _source;
    private readonly int _resolution;
    private readonly bool _augments;
    private readonly int _radius;
    private readonly IReadOnlyList<Person> _people;
    private readonly PoseAugmentation _augmentation;
    private readonly PoseMarks _marks;
    private readonly InstructionTemplates _templates;
    private readonly InstructionTemplates _unchanged;

    private PoseDataset(DatasetOpening opening, string split, IReadOnlyList<Person> people, string hash)
    {
        PoseSkeleton skeleton = PoseSkeleton.Of(opening.Source.Kind);
        _source = opening.Source;
        _root = opening.Root;
        _pictures = opening.StoredPictures;
        _resolution = opening.Resolution;
        _augments = opening.Augments(split);
        _radius = Math.Max(1, (int)Math.Round(RadiusShare * _resolution));
        _people = people;
        _augmentation = new PoseAugmentation(
            skeleton,
            _source.Flip ?? UsualFlip,
            _source.Reproduces(ReleasedDefect.HalfBodyNormalDraw)
        );
        _marks = new PoseMarks(skeleton, _source, _radius);
        _templates = TaskTemplates.Load(TaskNames.Keypoints, _source.Templates);
        _unchanged = TaskTemplates.Load(TaskTemplates.Unchanged, _source.Templates);
        Name = DataSourceKinds.NameOf(_source.Kind);
        Fingerprint = DatasetIdentity.Of(Version, opening, _augments, hash);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Count => _people.Count;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <summary>Opens MPII, COCO keypoints, CrowdPose or AIC.</summary>
    /// <exception cref="DatasetException">The annotations are missing or malformed, or hold no person that can be used.</exception>
    public static IEditDataset Open(DatasetOpening opening)
    {
        (IReadOnlyList<Person> people, string hash) = ReadPeople(opening, "train", takesAllCategories: false);
        return people.Count > 0
            ? new PoseDataset(opening, SplitOf(opening, "train"), people, hash)
            : throw new DatasetException($"{opening.Source.Path}: no person in it can be used");
    }

    /// <summary>The people of one of the sets.</summary>
    /// <param name="opening">What and where.</param>
    /// <param name="usual">The part where none is named: <c>train</c> or <c>val</c>.</param>
    /// <param name="takesAllCategories">Animals of all kinds, not only the first.</param>
    /// <returns>The people, and the SHA-256 of the annotations.</returns>
    /// <exception cref="DatasetException">The annotations are missing or malformed.</exception>
    public static (IReadOnlyList<Person> People, string Hash) ReadPeople(
        DatasetOpening opening,
        string usual,
        bool takesAllCategories
    )
    {
        DataSourceRecipe source = opening.Source;
        string split = SplitOf(opening, usual);
        string annotations = source.Kind switch
        {
            DataSourceKind.Mpii => $"annot/{split}.json",
            DataSourceKind.CrowdPose => $"json/crowdpose_{split}.json",
            DataSourceKind.Aic => $"annotations/aic_{split}.json",
            _ => $"annotations/person_keypoints_{split}.json",
        };
        string path = opening.Root.Required(source.Annotations ?? annotations);
        return source.Kind == DataSourceKind.Mpii
            ? MpiiPeople.Read(path, opening)
            : CocoPeople.Read(path, split, opening, takesAllCategories);
    }

    /// <inheritdoc/>
    public EditSample Read(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        Person person = _people[(int)index];
        (PoseFrame frame, IReadOnlyList<PoseMark> marks) = Choose(person, ref augmentation);
        RgbImage source = FrameWarp.Apply(_pictures.Read(_root, person.Image), frame);
        byte[] pixels = source.Pixels.ToArray();
        foreach (PoseMark mark in marks)
        {
            if (mark.Disc is var (x, y))
            {
                PictureMarks.Disc(pixels, _resolution, x, y, _radius, mark.Color);
            }
        }
        var target = new RgbImage(_resolution, _resolution, pixels);
        return new EditSample(source, target, Word(marks, phrasing), TaskNames.Keypoints);
    }

    /// <inheritdoc/>
    public (string Instruction, string Task) Describe(long index, CounterRandom augmentation, CounterRandom phrasing) =>
        (Word(Choose(_people[(int)index], ref augmentation).Marks, phrasing), TaskNames.Keypoints);

    private (PoseFrame Frame, IReadOnlyList<PoseMark> Marks) Choose(Person person, ref CounterRandom random)
    {
        PoseFrame frame = _augments
            ? _augmentation.Draw(person, _resolution, ref random)
            : new PoseFrame(person.Box, 0, IsMirrored: false, _resolution);
        return (frame, _marks.Draw(person, frame, ref random));
    }

    private static string SplitOf(DatasetOpening opening, string usual) =>
        opening.SplitOr(opening.Source.Kind == DataSourceKind.CocoKeypoints ? $"{usual}2017" : usual);

    private string Word(IReadOnlyList<PoseMark> marks, CounterRandom phrasing)
    {
        bool isHeldOut = _source.HeldOutPhrasings;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (marks.Count == 0)
        {
            return _source.Reproduces(ReleasedDefect.EmptyInstruction)
                ? ""
                : _unchanged.Fill(isHeldOut, values, ref phrasing);
        }
        string words = "";
        foreach (PoseMark mark in marks)
        {
            (values["joint"], values["color"]) = (mark.Joint, mark.Color.Name);
            words += _templates.Fill(isHeldOut, values, ref phrasing);
        }
        return words;
    }
}
