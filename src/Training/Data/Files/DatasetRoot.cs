using System.Collections.Concurrent;

namespace InstructDiffusion.Training.Data.Files;

/// <summary>
/// The folder of a data set. Names out of annotations reach files through it alone: nothing outside the folder is read, neither by
/// <c>..</c>, nor by an absolute path, nor by a link. Any number of threads may share one.
/// </summary>
internal sealed class DatasetRoot
{
    private const int MostLinks = 40;

    private readonly bool _followsLinks;
    private readonly string _real;
    private readonly ConcurrentDictionary<string, string> _realFolders = new(StringComparer.Ordinal);

    /// <param name="folder">Must be there; may itself be a link.</param>
    /// <param name="followsLinks">Trust links out of the folder, for those who keep their pictures on another disk.</param>
    /// <exception cref="DatasetException">There is no such folder.</exception>
    public DatasetRoot(string folder, bool followsLinks = false)
    {
        if (!Directory.Exists(folder))
        {
            throw new DatasetException($"{folder}: there is no such folder");
        }
        Folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        _followsLinks = followsLinks;
        _real = RealPath(Folder, MostLinks);
    }

    /// <summary>Its full path.</summary>
    public string Folder { get; }

    /// <summary>Where the file or folder with this name lies.</summary>
    /// <param name="name">Relative, with forward slashes.</param>
    /// <exception cref="BrokenSampleException">It lies outside.</exception>
    public string PathOf(string name)
    {
        string[] parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries);
        bool isPlain =
            parts.Length > 0 && parts.All(part => part is not ".." && part.AsSpan().IndexOfAny('\\', '\0') < 0);
        if (!isPlain || name[0] == '/' || Path.IsPathRooted(name))
        {
            throw new BrokenSampleException($"'{name}': no path below {Folder}");
        }
        string path = Path.Combine([Folder, .. parts]);
        if (!_followsLinks && !IsInside(RealPath(path, MostLinks)))
        {
            throw new BrokenSampleException(
                $"'{name}': a link leads out of {Folder}; follow_links in the recipe, if it is yours"
            );
        }
        return path;
    }

    /// <summary>Whether there is a file with this name inside.</summary>
    public bool HasFile(string name)
    {
        try
        {
            return File.Exists(PathOf(name));
        }
        catch (BrokenSampleException)
        {
            return false;
        }
    }

    /// <summary>All bytes of a file.</summary>
    /// <exception cref="BrokenSampleException">It is missing, outside, empty, too large or unreadable.</exception>
    public byte[] Read(string name, long maxBytes)
    {
        string path = PathOf(name);
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                throw new BrokenSampleException($"{path}: not found");
            }
            // A pipe or a device has no length either, and would be waited for without end.
            if (file.Length == 0 || file.Length > maxBytes)
            {
                throw new BrokenSampleException($"{path}: {file.Length:N0} bytes, allowed: 1…{maxBytes:N0}");
            }
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BrokenSampleException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>The path of a file that the data set cannot do without.</summary>
    /// <exception cref="DatasetException">It is missing or outside.</exception>
    public string Required(string name)
    {
        try
        {
            string path = PathOf(name);
            // Nothing is in it either when it is a pipe, and that would be waited for.
            return !File.Exists(path) ? throw new DatasetException($"{path}: not found")
                : new FileInfo(path).Length == 0 ? throw new DatasetException($"{path}: is empty")
                : path;
        }
        catch (BrokenSampleException outside)
        {
            throw new DatasetException(outside.Message, outside);
        }
    }

    /// <summary>Names of the files in a folder of the set, and below it, in ordinal order.</summary>
    /// <param name="folder">Relative to the root; empty for the root.</param>
    /// <param name="extensions">Those wanted, with their dots, in lower case.</param>
    /// <returns>Relative to <paramref name="folder"/>, with forward slashes.</returns>
    /// <exception cref="DatasetException">There is no such folder.</exception>
    public IReadOnlyList<string> FilesIn(string folder, params IReadOnlyCollection<string> extensions)
    {
        string path = folder.Length == 0 ? Folder : PathOf(folder);
        if (!Directory.Exists(path))
        {
            throw new DatasetException($"{path}: there is no such folder");
        }
        // Links to folders are not descended into: they may lead in a circle.
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None };
        string[] names =
        [
            .. Directory
                .EnumerateFiles(path, "*", options)
                .Where(file => extensions.Contains(Path.GetExtension(file).ToLowerInvariant()))
                .Select(file => Path.GetRelativePath(path, file).Replace('\\', '/')),
        ];
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    private bool IsInside(string real) =>
        real.Length > _real.Length
        && real.StartsWith(_real, StringComparison.Ordinal)
        && (real[_real.Length] == Path.DirectorySeparatorChar || Path.EndsInDirectorySeparator(_real));

    /// <summary>The path without links, those of the folders above it included.</summary>
    private string RealPath(string path, int linksLeft)
    {
        if (Path.GetDirectoryName(path) is not { } parent)
        {
            return path;
        }
        string folder = _realFolders.TryGetValue(parent, out string? known) ? known : RealPath(parent, linksLeft);
        _realFolders.TryAdd(parent, folder);
        string place = Path.Combine(folder, Path.GetFileName(path));
        if (new FileInfo(place).LinkTarget is not { } target)
        {
            return place;
        }
        return linksLeft > 0
            ? RealPath(Path.GetFullPath(target, folder), linksLeft - 1)
            : throw new BrokenSampleException($"{path}: its links lead in a circle");
    }
}
