using System.Security.Cryptography;
using System.Text;

namespace InstructDiffusion.Engine.Weights;

/// <summary>
/// One SHA-256 for the weights of a model, which anyone can compute: that of the file where there is one, and where there are
/// several that of what <c>sha256sum</c> prints for them, in the order of their names.
/// </summary>
public static class WeightsHash
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Reads every file once, from first to last, with a buffer of 1 MiB.</summary>
    /// <param name="files">At least one.</param>
    /// <param name="cancellationToken">Looked at before each megabyte.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="ArgumentException">No file.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static string Compute(IReadOnlyList<WeightFile> files, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        if (files.Count == 0)
        {
            throw new ArgumentException("files: expected at least one", nameof(files));
        }
        byte[] buffer = new byte[ChunkBytes];
        if (files.Count == 1)
        {
            return OfFile(files[0], buffer, cancellationToken);
        }
        var lines = new StringBuilder();
        foreach (WeightFile file in files.OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            lines.Append(OfFile(file, buffer, cancellationToken)).Append("  ").Append(file.Name).Append('\n');
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())));
    }

    private static string OfFile(WeightFile file, byte[] buffer, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in file.Paths)
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
