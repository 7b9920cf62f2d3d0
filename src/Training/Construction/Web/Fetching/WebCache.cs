using System.Security.Cryptography;
using System.Text;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>
/// What was fetched: a folder a host, in it two files an address, named by the address' hash and by nothing that a stranger wrote.
/// Files appear whole or not at all, the record last: an interrupted download is as if never begun.
/// </summary>
internal sealed class WebCache : IDisposable
{
    private const string LockName = "cache.lock";

    private readonly string _folder;
    private readonly FileStream? _held;

    private WebCache(string folder, FileStream? held) => (_folder, _held) = (folder, held);

    /// <summary>Opens a cache to fetch into; makes the folder where it is missing.</summary>
    /// <exception cref="DatasetException">Another process fetches into it: hosts would be asked twice as often.</exception>
    public static WebCache Take(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, LockName);
        try
        {
            return new WebCache(folder, new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None));
        }
        catch (IOException held) when (File.Exists(path))
        {
            throw new DatasetException($"{folder}: another process fetches into this cache", held);
        }
    }

    /// <summary>Opens a cache to read from.</summary>
    /// <exception cref="DatasetException">There is no such folder.</exception>
    public static WebCache Open(string folder) =>
        Directory.Exists(folder)
            ? new WebCache(folder, held: null)
            : throw new DatasetException($"{folder}: there is no such folder");

    /// <summary>What is known of an address; null for nothing, or nothing that can be read.</summary>
    public WebRecord? Find(Uri address)
    {
        string path = PathOf(address, ".json");
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            return JsonFiles.Read<WebRecord>(path);
        }
        catch (InvalidDataException)
        {
            return null; // damaged: fetched again
        }
    }

    /// <summary>The body of an address that was not refused; null where it is missing or damaged.</summary>
    public byte[]? BodyOf(Uri address, WebRecord record)
    {
        string path = PathOf(address, ".body");
        if (!File.Exists(path))
        {
            return null;
        }
        byte[] body = File.ReadAllBytes(path);
        return string.Equals(HashOf(body), record.Sha256, StringComparison.Ordinal) ? body : null;
    }

    /// <summary>Keeps an answer, or a lasting refusal.</summary>
    /// <param name="address">What was asked for.</param>
    /// <param name="record">What is known of it.</param>
    /// <param name="body">The body; null to leave what is there, or where it was refused.</param>
    public void Keep(Uri address, WebRecord record, ReadOnlyMemory<byte>? body)
    {
        if (body is { } bytes)
        {
            Write(PathOf(address, ".body"), bytes);
        }
        Write(PathOf(address, ".json"), System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(record, JsonFiles.Strict));
    }

    /// <summary>SHA-256, lower-case hexadecimal.</summary>
    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public void Dispose() => _held?.Dispose();

    private string PathOf(Uri address, string ending)
    {
        var host = new StringBuilder();
        foreach (char letter in WebAddress.HostOf(address))
        {
            host.Append(letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '.' or '-' ? letter : '_');
        }
        host.Append('_').Append(address.Port);
        return Path.Combine(_folder, host.ToString(), HashOf(Encoding.UTF8.GetBytes(address.AbsoluteUri)) + ending);
    }

    private static void Write(string path, ReadOnlyMemory<byte> bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string aside = path + ".part";
        DiskFullException.Watch(path, () => File.WriteAllBytes(aside, bytes.Span));
        File.Move(aside, path, overwrite: true);
    }
}
