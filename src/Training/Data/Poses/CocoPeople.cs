using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Poses;

/// <summary>The people of an annotation file in COCO's form, filtered as the authors do (specification 4.3).</summary>
internal sealed class CocoPeople
{
    private const int LargestSide = 16_384;

    private readonly DataSourceKind _kind;
    private readonly RejectionLog _log;
    private readonly int _joints;
    private readonly bool _takesAllCategories;
    private readonly Dictionary<long, ImageEntry> _images = [];
    private readonly List<Found> _found = [];
    private long? _firstCategory;
    private long _number;

    private CocoPeople(DatasetOpening opening, bool takesAllCategories)
    {
        _takesAllCategories = takesAllCategories;
        _kind = opening.Source.Kind;
        _log = opening.Rejections;
        _joints = PoseSkeleton.Of(_kind).Joints.Count;
    }

    /// <summary>Reads a file. Pictures and categories may come after the annotations that refer to them.</summary>
    /// <param name="path">The file.</param>
    /// <param name="split">The part, whose name its pictures' folder may have.</param>
    /// <param name="opening">Told what is left out.</param>
    /// <param name="takesAllCategories">Animals of all kinds, not only the first.</param>
    /// <returns>The people, and the file's SHA-256.</returns>
    public static (IReadOnlyList<Person> People, string Hash) Read(
        string path,
        string split,
        DatasetOpening opening,
        bool takesAllCategories = false
    )
    {
        var reading = new CocoPeople(opening, takesAllCategories);
        string hash = JsonStream.Read(
            path,
            name => name is "images" or "annotations" or "categories",
            reading.Add,
            opening.CancellationToken
        );
        List<Person> people = [];
        string? folder = null;
        foreach (Found found in reading._found)
        {
            if (reading.Join(found) is { } person)
            {
                folder ??= FolderOf(person.Image, split, opening);
                people.Add(person with { Image = folder + person.Image });
            }
        }
        return (people, hash);
    }

    private void Add(string? name, ReadOnlySpan<byte> json)
    {
        _number++;
        switch (name)
        {
            case "images":
                if (DatasetJson.TryRead<ImageEntry>(json, "picture", _number, _log) is { } image)
                {
                    _images[image.Id] = image;
                }
                break;
            case "annotations":
                if (DatasetJson.TryRead<PersonEntry>(json, "person", _number, _log) is { } person)
                {
                    AddPerson(person);
                }
                break;
            default:
                _firstCategory ??= DatasetJson.TryRead<CategoryEntry>(json, "category", _number, _log)?.Id;
                break;
        }
    }

    private void AddPerson(PersonEntry entry)
    {
        string which = $"annotation {entry.Id}";
        if (entry.Iscrowd != 0)
        {
            _log.LeaveOut("crowds", which);
        }
        else if (entry.Keypoints is null || entry.Keypoints.All(value => value == 0))
        {
            _log.LeaveOut("people without joints", which);
        }
        else if (entry.Keypoints.Count != 3 * _joints || !entry.Keypoints.All(Person.IsPlace))
        {
            _log.Reject($"a person with other than {_joints} joints, or with joints nowhere near", which);
        }
        else if (entry.Bbox is not { Count: 4 } || !entry.Bbox.All(Person.IsPlace))
        {
            _log.Reject("a person with a box that cannot be", which);
        }
        else
        {
            uint visible = 0;
            var joints = new float[2 * _joints];
            for (int i = 0; i < _joints; i++)
            {
                joints[2 * i] = (float)entry.Keypoints[3 * i];
                joints[(2 * i) + 1] = (float)entry.Keypoints[(3 * i) + 1];
                visible |= entry.Keypoints[(3 * i) + 2] > 0 ? 1u << i : 0;
            }
            // CrowdPose has no areas; elsewhere one of 0 marks what is no person.
            double area = _kind == DataSourceKind.CrowdPose ? 1 : entry.Area ?? entry.Bbox[2] * entry.Bbox[3];
            _found.Add(new Found(entry.ImageId, entry.CategoryId, [.. entry.Bbox], area, joints, visible));
        }
    }

    private Person? Join(Found found)
    {
        string which = $"picture {found.ImageId}";
        if (!_images.TryGetValue(found.ImageId, out ImageEntry? image))
        {
            _log.Reject("a person of a picture that the file does not have", which);
            return null;
        }
        if (image.Width is < 1 or > LargestSide || image.Height is < 1 or > LargestSide)
        {
            _log.Reject("a picture of an absurd size", $"{image.FileName}: {image.Width}x{image.Height}");
            return null;
        }
        if (
            !_takesAllCategories
            && _firstCategory is { } person
            && found.CategoryId is { } category
            && category != person
        )
        {
            _log.LeaveOut("objects of another category than the first", which);
            return null;
        }
        double left = Math.Max(0, found.Box[0]);
        double top = Math.Max(0, found.Box[1]);
        double right = Math.Min(image.Width - 1, left + Math.Max(0, found.Box[2] - 1));
        double bottom = Math.Min(image.Height - 1, top + Math.Max(0, found.Box[3] - 1));
        if (!(found.Area > 0) || right < left || bottom < top || Math.Max(right - left, bottom - top) <= 0)
        {
            _log.LeaveOut("people without area, or with a box outside their picture", which);
            return null;
        }
        var box = PersonBox.Of(left, top, right - left, bottom - top);
        return new Person(image.FileName, box, found.Joints, found.Visible)
        {
            Area = found.Area,
            Bounds = (found.Box[0], found.Box[1], found.Box[2], found.Box[3]),
        };
    }

    /// <summary>Where the pictures lie: the usual folder, or another one of which the first picture shows that it is meant.</summary>
    private static string FolderOf(string firstImage, string split, DatasetOpening opening)
    {
        string[] folders = opening.Source.Kind switch
        {
            DataSourceKind.CrowdPose => ["images/"],
            DataSourceKind.Aic =>
            [
                split.StartsWith("val", StringComparison.Ordinal)
                    ? "ai_challenger_keypoint_validation_20170911/keypoint_validation_images_20170911/"
                    : "ai_challenger_keypoint_train_20170902/keypoint_train_images_20170902/",
            ],
            _ => [$"images/{split}/", "images/", "data/", ""],
        };
        return folders.FirstOrDefault(folder => opening.Root.HasFile(folder + firstImage)) ?? folders[0];
    }

    private sealed record Found(
        long ImageId,
        long? CategoryId,
        double[] Box,
        double Area,
        float[] Joints,
        uint Visible
    );

    private sealed record ImageEntry(long Id, string FileName, int Width, int Height);

    private sealed record CategoryEntry(long Id);

    private sealed record PersonEntry
    {
        public long Id { get; init; }

        public required long ImageId { get; init; }

        public long? CategoryId { get; init; }

        public int Iscrowd { get; init; }

        public double? Area { get; init; }

        public IReadOnlyList<double>? Bbox { get; init; }

        public IReadOnlyList<double>? Keypoints { get; init; }
    }
}
