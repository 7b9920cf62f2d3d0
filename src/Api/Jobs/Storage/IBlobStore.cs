namespace InstructDiffusion.Api.Jobs.Storage;

/// <summary>
/// The bytes of uploads and results, by the SHA-256 of what they hold: the same file is kept once, and a file is never changed.
/// Every method throws <see cref="JobsUnavailableException"/> when the store cannot be used now.
/// </summary>
internal interface IBlobStore
{
    /// <summary>Keeps a file; durable when the task completes.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="isResult">
    /// What was accepted must be finished: results are kept even beyond the limit of bytes, uploads are refused at it.
    /// </param>
    /// <param name="cancellationToken">Ends the writing; nothing is kept then.</param>
    /// <returns>Its key: 64 hexadecimal digits.</returns>
    Task<string> PutAsync(ReadOnlyMemory<byte> bytes, bool isResult, CancellationToken cancellationToken);

    /// <summary>A file to read, at its beginning, seekable; null if it is not there.</summary>
    Task<Stream?> OpenAsync(string hash, CancellationToken cancellationToken);

    /// <summary>Deletes what nobody refers to and was not put lately: a job may be about to be stored with it.</summary>
    /// <param name="referenced">The keys to keep.</param>
    /// <param name="cancellationToken">Ends the work between two files.</param>
    /// <returns>Files deleted.</returns>
    Task<int> SweepAsync(IReadOnlySet<string> referenced, CancellationToken cancellationToken);
}
