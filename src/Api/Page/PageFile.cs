using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace InstructDiffusion.Api.Page;

/// <summary>One file of the page, ready to be sent, with and without compression.</summary>
internal sealed class PageFile
{
    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".webp"] = "image/webp",
    };

    /// <param name="path">Where it lies in the page's folder, with slashes.</param>
    /// <param name="content">The file.</param>
    /// <exception cref="ArgumentException">A file of a kind that the page does not use.</exception>
    public PageFile(string path, byte[] content)
    {
        string extension = Path.GetExtension(path);
        ContentType = Types.TryGetValue(extension, out string? type)
            ? type
            : throw new ArgumentException($"path: the page serves no '{extension}', got '{path}'", nameof(path));
        RelativePath = path;
        Content = content;
        string hash = Convert.ToHexStringLower(SHA256.HashData(content))[..32];
        ETag = new EntityTagHeaderValue($"\"{hash}\"");
        byte[] compressed = Compress(content);
        if (compressed.Length < content.Length)
        {
            Compressed = compressed;
            // Other bytes, so another tag (RFC 9110, 8.8.3.3).
            CompressedETag = new EntityTagHeaderValue($"\"{hash}-gzip\"");
        }
    }

    /// <summary>Where it lies in the page's folder, with slashes.</summary>
    public string RelativePath { get; }

    public string ContentType { get; }

    public byte[] Content { get; }

    /// <summary>Strong; of <see cref="Content"/>.</summary>
    public EntityTagHeaderValue ETag { get; }

    /// <summary>Gzip of <see cref="Content"/>; null for a file that is compressed already.</summary>
    public byte[]? Compressed { get; }

    /// <summary>Strong; of <see cref="Compressed"/>.</summary>
    public EntityTagHeaderValue? CompressedETag { get; }

    // Gzip, as browsers offer more only over TLS, which a proxy in front takes off.
    private static byte[] Compress(byte[] content)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.SmallestSize))
        {
            gzip.Write(content);
        }
        return buffer.ToArray();
    }
}
