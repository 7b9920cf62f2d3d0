namespace InstructDiffusion.Training.Reporting;

/// <summary>
/// A file that grows by whole entries, each handed to the system at once: what a killed process has appended is there. Others
/// may read it meanwhile.
/// </summary>
internal sealed class AppendedFile : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;

    /// <summary>Opens or creates <paramref name="path"/> and cuts it to its first <paramref name="length"/> bytes.</summary>
    public AppendedFile(string path, long length = 0)
    {
        _path = path;
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        if (_stream.Length > length)
        {
            _stream.SetLength(length);
        }
        _stream.Seek(0, SeekOrigin.End);
    }

    /// <summary>Appends an entry, or nothing of it.</summary>
    /// <exception cref="DiskFullException">No space is left. A later call may succeed.</exception>
    public void Append(ReadOnlyMemory<byte> entry)
    {
        long start = _stream.Position;
        bool isWritten = false;
        try
        {
            DiskFullException.Watch(_path, () => _stream.Write(entry.Span));
            isWritten = true;
        }
        finally
        {
            if (!isWritten && _stream.Length > start)
            {
                _stream.SetLength(start); // half an entry would spoil the next one
            }
        }
    }

    public void Dispose() => _stream.Dispose();
}
