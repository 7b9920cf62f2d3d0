namespace InstructDiffusion.Engine.Weights.Files;

/// <summary>Several files read as if they stood end to end: the parts of a split download, without joining them on disk.</summary>
internal sealed class JoinedFiles : ByteSource
{
    private readonly ByteSource[] _parts;
    private readonly long[] _starts;

    /// <summary>Opens the files in this order.</summary>
    public JoinedFiles(string name, IReadOnlyList<string> paths)
    {
        Name = name;
        _parts = new ByteSource[paths.Count];
        _starts = new long[paths.Count];
        try
        {
            for (var i = 0; i < paths.Count; i++)
            {
                _parts[i] = new MappedFile(paths[i]);
                _starts[i] = Length;
                Length += _parts[i].Length;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var part in _parts)
        {
            part?.Dispose();
        }
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override void ReadCore(long offset, Span<byte> destination)
    {
        for (var i = 0; i < _parts.Length && !destination.IsEmpty; i++)
        {
            var within = offset - _starts[i];
            if (within >= _parts[i].Length)
            {
                continue;
            }
            var count = (int)Math.Min(destination.Length, _parts[i].Length - within);
            _parts[i].Read(within, destination[..count]);
            destination = destination[count..];
            offset += count;
        }
    }
}
