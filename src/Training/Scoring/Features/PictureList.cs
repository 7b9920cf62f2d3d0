using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Scoring.Features;

/// <summary>The pictures below a folder, in the order of their names.</summary>
internal sealed class PictureList
{
    private static readonly string[] _extensions = [".png", ".jpg", ".jpeg", ".webp"];

    private PictureList(DatasetRoot root, IReadOnlyList<string> names) => (Root, Names) = (root, names);

    /// <summary>Where they are; nothing outside is read.</summary>
    public DatasetRoot Root { get; }

    /// <summary>Relative to the folder, with forward slashes.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Lists a folder.</summary>
    /// <exception cref="DatasetException">It is not there, or has no pictures.</exception>
    public static PictureList Of(string folder)
    {
        var root = new DatasetRoot(folder);
        IReadOnlyList<string> names = root.FilesIn("", _extensions);
        return names.Count > 0
            ? new PictureList(root, names)
            : throw new DatasetException($"{folder}: no pictures ({string.Join(", ", _extensions)})");
    }

    /// <summary>
    /// At which iteration of its generator a picture was made: the number that its folder's name begins the path with, as in
    /// <c>12000/007.png</c>; null for pictures of other folders, which are real.
    /// </summary>
    public static double? IterationOf(string name)
    {
        int slash = name.IndexOf('/');
        bool isNumber = double.TryParse(
            slash < 0 ? "" : name[..slash],
            NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture,
            out double iteration
        );
        return isNumber ? iteration : null;
    }

    /// <summary>A hash of names and sizes of files, which changes when pictures come, go or are replaced.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string name in Names)
        {
            var file = new FileInfo(Path.Combine(Root.Folder, name));
            long length = file.Exists ? file.Length : -1; // a link to nothing, which is rejected when it is read
            hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{length}\0"));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
