using System.Text.Json;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>
/// What is needed of a COCO <c>instances.json</c>: the pictures and objects that were asked for. The file has some 800 MB; it is
/// read as a stream and the rest is passed over.
/// </summary>
internal sealed class CocoInstances
{
    private const int LargestSide = 16_384;

    private readonly Dictionary<long, CocoImage> _images = [];
    private readonly Dictionary<long, CocoObject> _objects = [];

    private CocoInstances() { }

    /// <summary>Pictures by their ids.</summary>
    public IReadOnlyDictionary<long, CocoImage> Images => _images;

    /// <summary>Objects by the ids of their annotations.</summary>
    public IReadOnlyDictionary<long, CocoObject> Objects => _objects;

    /// <summary>SHA-256 of the file.</summary>
    public string Hash { get; private set; } = "";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="images">Ids of the pictures wanted.</param>
    /// <param name="objects">Ids of the annotations wanted.</param>
    /// <param name="log">Told what is malformed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DatasetException">It is missing or no JSON.</exception>
    public static CocoInstances Read(
        string path,
        IReadOnlySet<long> images,
        IReadOnlySet<long> objects,
        RejectionLog log,
        CancellationToken cancellationToken
    )
    {
        var found = new CocoInstances();
        long number = 0;
        found.Hash = JsonStream.Read(
            path,
            name => name is "images" or "annotations",
            (name, json) =>
            {
                number++;
                if (string.Equals(name, "images", StringComparison.Ordinal))
                {
                    found.AddImage(json, images, number, log);
                }
                else
                {
                    found.AddObject(json, objects, number, log);
                }
            },
            cancellationToken
        );
        return found;
    }

    private void AddImage(ReadOnlySpan<byte> json, IReadOnlySet<long> wanted, long number, RejectionLog log)
    {
        if (
            DatasetJson.TryRead<ImageEntry>(json, "picture", number, log) is not { } image
            || !wanted.Contains(image.Id)
        )
        {
            return;
        }
        if (image.Width is < 1 or > LargestSide || image.Height is < 1 or > LargestSide)
        {
            log.Reject("a picture of an absurd size", $"id {image.Id}: {image.Width}x{image.Height}");
            return;
        }
        _images[image.Id] = new CocoImage(image.FileName, image.Width, image.Height);
    }

    private void AddObject(ReadOnlySpan<byte> json, IReadOnlySet<long> wanted, long number, RejectionLog log)
    {
        // Most are of no interest, and their polygons are most of the file.
        if (
            DatasetJson.TryRead<EntryId>(json, "annotation", number, log) is not { } id
            || !wanted.Contains(id.Id)
            || DatasetJson.TryRead<ObjectEntry>(json, "annotation", number, log) is not { } entry
        )
        {
            return;
        }
        if (ObjectMask.Parse(entry.Segmentation, out string problem) is { } mask)
        {
            _objects[entry.Id] = new CocoObject(entry.ImageId, entry.Iscrowd != 0, mask);
        }
        else
        {
            log.Reject(problem, $"annotation {entry.Id}");
        }
    }

    private sealed record EntryId(long Id);

    private sealed record ImageEntry(long Id, string FileName, int Width, int Height);

    private sealed record ObjectEntry
    {
        public required long Id { get; init; }

        public required long ImageId { get; init; }

        public int Iscrowd { get; init; }

        public required JsonElement Segmentation { get; init; }
    }
}

/// <summary>A picture of a COCO file.</summary>
/// <param name="FileName">Relative to the folder of its part.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
internal sealed record CocoImage(string FileName, int Width, int Height);

/// <summary>An object of a COCO file.</summary>
/// <param name="ImageId">Its picture.</param>
/// <param name="IsCrowd">Stands for many that are not told apart.</param>
/// <param name="Mask">Where it lies.</param>
internal sealed record CocoObject(long ImageId, bool IsCrowd, ObjectMask Mask);
