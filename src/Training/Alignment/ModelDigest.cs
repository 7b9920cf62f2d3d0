using System.Security.Cryptography;
using System.Text;

namespace InstructDiffusion.Training.Alignment;

/// <summary>One hash for a whole model: SHA-256 over the names, lengths and contents of its files, sorted by name.</summary>
internal static class ModelDigest
{
    /// <param name="path">A file or a folder.</param>
    /// <param name="cancellationToken">Looked at for every mebibyte: models are large.</param>
    /// <returns>Lower-case hexadecimal.</returns>
    public static string Of(string path, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (!Directory.Exists(path))
        {
            Append(hash, path, "", cancellationToken);
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        IEnumerable<(string File, string Name)> files = Directory
            .EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Select(file => (file, Path.GetRelativePath(path, file).Replace('\\', '/')));
        foreach ((string file, string name) in files.OrderBy(entry => entry.Name, StringComparer.Ordinal))
        {
            Append(hash, file, name, cancellationToken);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, string file, string name, CancellationToken cancellationToken)
    {
        using FileStream stream = File.OpenRead(file);
        hash.AppendData(Encoding.UTF8.GetBytes($"{name}\0{stream.Length}\0"));
        byte[] buffer = new byte[1 << 20];
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, read);
        }
    }
}
