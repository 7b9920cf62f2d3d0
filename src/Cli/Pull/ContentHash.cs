using System.Security.Cryptography;
using System.Text;

namespace InstructDiffusion.Cli.Pull;

/// <summary>Checksums of a file's content, lower-case hex.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">SHA-256.</param>
/// <param name="GitSha1">The object id git gives the content; null when not asked for.</param>
internal sealed record ContentHash(long Size, string Sha256, string? GitSha1)
{
    /// <summary>Reads the file once.</summary>
    public static async Task<ContentHash> OfFileAsync(string path, bool withGit, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(
            path,
            new FileStreamOptions { Options = FileOptions.SequentialScan | FileOptions.Asynchronous, BufferSize = 0 }
        );
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using IncrementalHash? git = withGit ? IncrementalHash.CreateHash(HashAlgorithmName.SHA1) : null;
        git?.AppendData(Encoding.ASCII.GetBytes($"blob {stream.Length}\0"));
        byte[] buffer = new byte[1024 * 1024];
        long size = 0;
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            sha256.AppendData(buffer, 0, count);
            git?.AppendData(buffer, 0, count);
            size += count;
        }
        return new ContentHash(
            size,
            Convert.ToHexStringLower(sha256.GetHashAndReset()),
            git is null ? null : Convert.ToHexStringLower(git.GetHashAndReset())
        );
    }

    /// <summary>What in this content contradicts the hub's word; null when nothing does.</summary>
    public string? FindMismatch(HubFile file)
    {
        if (file.Size is { } size && size != Size)
        {
            return $"size {Size}, expected {size}";
        }
        if (file.Sha256 is { } sha256 && !string.Equals(sha256, Sha256, StringComparison.Ordinal))
        {
            return $"SHA-256 {Sha256}, expected {sha256}";
        }
        return file.GitSha1 is { } git && GitSha1 is not null && !string.Equals(git, GitSha1, StringComparison.Ordinal)
            ? $"git id {GitSha1}, expected {git}"
            : null;
    }
}
