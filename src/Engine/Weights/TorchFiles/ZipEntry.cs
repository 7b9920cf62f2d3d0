namespace InstructDiffusion.Engine.Weights.TorchFiles;

/// <summary>An entry of a zip archive's directory.</summary>
/// <param name="Name">Its path in the archive; never used as a path on disk.</param>
/// <param name="IsDeflated">Compressed by deflate; otherwise stored as it is.</param>
/// <param name="HeaderOffset">Where its local header stands.</param>
/// <param name="StoredLength">Bytes in the archive.</param>
/// <param name="Length">Bytes of its content.</param>
internal sealed record ZipEntry(string Name, bool IsDeflated, long HeaderOffset, long StoredLength, long Length);
