using System.Security.Cryptography;
using System.Text;

namespace InstructDiffusion.Api.Page;

/// <summary>The files of the page for people, from inside the program: folder wwwroot, embedded.</summary>
internal sealed class PageFiles
{
    private const string Prefix = "page/";
    private const string StartFile = "index.html";
    private const string VersionMark = "{version}";

    private readonly Dictionary<string, PageFile> _files;

    private PageFiles(PageFile start, string version, Dictionary<string, PageFile> files)
    {
        Start = start;
        Version = version;
        _files = files;
    }

    /// <summary>The page itself, which names the other files under the folder <see cref="Version"/>.</summary>
    public PageFile Start { get; }

    /// <summary>
    /// Changes with any file. As one name for all of them, it lets every file be kept for ever and the modules import each
    /// other by plain relative names.
    /// </summary>
    public string Version { get; }

    /// <summary>All files but <see cref="Start"/>.</summary>
    public IReadOnlyCollection<PageFile> Others => _files.Values;

    /// <summary>The file at this path, or null.</summary>
    public PageFile? Find(string path) => _files.GetValueOrDefault(path);

    /// <summary>Reads what is embedded.</summary>
    public static PageFiles Load()
    {
        var contents = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (string name in typeof(PageFiles).Assembly.GetManifestResourceNames())
        {
            if (name.StartsWith(Prefix, StringComparison.Ordinal))
            {
                contents.Add(name[Prefix.Length..].Replace('\\', '/'), Read(name));
            }
        }
        string version = HashOf(contents);
        string start = Encoding.UTF8.GetString(contents[StartFile]);
        contents.Remove(StartFile);
        return new PageFiles(
            new PageFile(
                StartFile,
                Encoding.UTF8.GetBytes(start.Replace(VersionMark, version, StringComparison.Ordinal))
            ),
            version,
            contents.ToDictionary(pair => pair.Key, pair => new PageFile(pair.Key, pair.Value), StringComparer.Ordinal)
        );
    }

    private static string HashOf(SortedDictionary<string, byte[]> contents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string path, byte[] content) in contents)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{path}\n{content.Length}\n"));
            hash.AppendData(content);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    private static byte[] Read(string name)
    {
        using Stream stream = typeof(PageFiles).Assembly.GetManifestResourceStream(name)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
