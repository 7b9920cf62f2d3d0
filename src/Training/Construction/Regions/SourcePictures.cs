using System.Security.Cryptography;
using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Construction.Regions;

/// <summary>
/// A folder of pictures that pairs are made from, with what is known of their rights: <c>attributions.jsonl</c>, if it is there,
/// has a line <c>{"file", "licence", "author", "url"}</c> for each. Pictures are taken as stored: annotations refer to those pixels.
/// </summary>
internal sealed class SourcePictures
{
    /// <summary>The list of rights.</summary>
    public const string AttributionsFile = "attributions.jsonl";

    private const int LongestLine = 1 << 16;

    private static readonly string[] _extensions = [".jpg", ".png", ".jpeg", ".webp"];

    private readonly DatasetRoot _root;
    private readonly SamplePictures _pictures = new();
    private readonly string? _licence;
    private readonly Dictionary<string, Attribution> _attributions = new(StringComparer.Ordinal);

    /// <param name="folder">Must be there.</param>
    /// <param name="licence">Of pictures that the list does not name; null where nobody knows.</param>
    /// <exception cref="DatasetException">There is no such folder, or its list is damaged.</exception>
    public SourcePictures(string folder, string? licence = null)
    {
        _root = new DatasetRoot(folder);
        _licence = licence;
        string list = Path.Combine(folder, AttributionsFile);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(licence ?? ""));
        if (File.Exists(list))
        {
            var rejections = new RejectionLog();
            using var lines = new BoundedLines(list, LongestLine);
            for (long number = 1; lines.Next() is { } line; number++)
            {
                byte[] json = Encoding.UTF8.GetBytes(line);
                hash.AppendData(json);
                if (DatasetJson.TryRead<Attribution>(json, "line", number, rejections) is { File: { } file } entry)
                {
                    _attributions[file] = entry;
                }
            }
            if (rejections.RejectedCount > 0)
            {
                throw new DatasetException($"{list}: {rejections.Rejected.First().Examples[0]}");
            }
        }
        Fingerprint = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Stands for what it says of rights; the pictures' own hashes are in the records.</summary>
    public string Fingerprint { get; }

    /// <summary>The file of a picture that is known by its number or name.</summary>
    /// <exception cref="RejectedItemException">There is none.</exception>
    public string FileOf(string id) =>
        _extensions.Select(extension => id + extension).Prepend(id).FirstOrDefault(_root.HasFile)
        ?? throw new RejectedItemException("a picture that is missing or outside the folder", id);

    /// <summary>Reads a file's bytes and tells its origin.</summary>
    /// <exception cref="BrokenSampleException">It is missing, outside, too large or unreadable.</exception>
    public (byte[] Bytes, PictureOrigin Origin) Read(string file)
    {
        byte[] bytes = _root.Read(file, SamplePictures.Limits.MaxBytes);
        Attribution? known = _attributions.GetValueOrDefault(file);
        var origin = new PictureOrigin(Path.GetFileNameWithoutExtension(file))
        {
            File = file,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            Licence = known?.Licence ?? _licence,
            Author = known?.Author,
            Url = known?.Url,
        };
        return (bytes, origin);
    }

    /// <summary>The size that a file says it has; nothing is decoded.</summary>
    /// <exception cref="BrokenSampleException">It is no picture, or too large.</exception>
    public static ImageSize SizeOf(byte[] bytes, string file)
    {
        try
        {
            ImageSize size = ImageCodec.ReadHeader(bytes).Size;
            return size.PixelCount <= SamplePictures.Limits.MaxPixels
                ? size
                : throw new BrokenSampleException(
                    $"{file}: {size}, at most {SamplePictures.Limits.MaxPixels:N0} pixels are read"
                );
        }
        catch (ImageFormatException error)
        {
            throw new BrokenSampleException($"{file}: {error.Message}", error);
        }
    }

    /// <summary>Decodes the picture that a record is about.</summary>
    /// <exception cref="BrokenSampleException">It is missing, damaged, or not the one that the record is about.</exception>
    public RgbImage Decode(PictureOrigin origin)
    {
        string file = origin.File ?? throw new BrokenSampleException($"{origin.Id}: its record names no file");
        (byte[] bytes, PictureOrigin now) = Read(file);
        return string.Equals(now.Sha256, origin.Sha256, StringComparison.Ordinal)
            ? Decode(bytes, file)
            : throw new BrokenSampleException($"{file}: is another picture than when its region was found");
    }

    /// <summary>Decodes a picture's bytes.</summary>
    /// <exception cref="BrokenSampleException">It is damaged or too large.</exception>
    public RgbImage Decode(byte[] bytes, string file) => _pictures.Decode(bytes, file);

    private sealed record Attribution
    {
        public string? File { get; init; }

        public string? Licence { get; init; }

        public string? Author { get; init; }

        public string? Url { get; init; }
    }
}
