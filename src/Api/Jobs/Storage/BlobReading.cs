namespace InstructDiffusion.Api.Jobs.Storage;

/// <summary>Whole files from a blob store.</summary>
internal static class BlobReading
{
    /// <summary>Reads a file that must be there.</summary>
    /// <exception cref="InvalidOperationException">It is not: someone deleted it behind the store's back.</exception>
    public static async Task<byte[]> ReadAsync(this IBlobStore blobs, string hash, CancellationToken cancellationToken)
    {
        await using Stream stream =
            await blobs.OpenAsync(hash, cancellationToken)
            ?? throw new InvalidOperationException($"The file {hash} of a job is gone.");
        byte[] bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }
}
