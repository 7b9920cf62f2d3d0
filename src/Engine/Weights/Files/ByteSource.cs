namespace InstructDiffusion.Engine.Weights.Files;

/// <summary>Bytes at offsets: a file, several files end to end, or a stretch of either. Safe for concurrent reads.</summary>
internal abstract class ByteSource : IDisposable
{
    /// <summary>Name for messages.</summary>
    public abstract string Name { get; }

    /// <summary>Number of bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Fills <paramref name="destination"/> from <paramref name="offset"/> on.</summary>
    /// <exception cref="CheckpointFormatException">The range reaches past the end.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        RequireRange(offset, destination.Length);
        ReadCore(offset, destination);
    }

    /// <summary>The given stretch as a source of its own. It does not own this one.</summary>
    /// <exception cref="CheckpointFormatException">The range reaches past the end.</exception>
    public ByteSource Slice(long offset, long length)
    {
        RequireRange(offset, length);
        return new ByteSlice(this, offset, length);
    }

    /// <summary>A buffered, seekable stream over everything. It does not own this source.</summary>
    public Stream OpenStream() => new BufferedStream(new ByteSourceStream(this), 1 << 16);

    /// <inheritdoc/>
    public virtual void Dispose() { }

    /// <summary>Reads a range that has been checked.</summary>
    protected abstract void ReadCore(long offset, Span<byte> destination);

    private void RequireRange(long offset, long count)
    {
        if (offset < 0 || count < 0 || offset > Length - count)
        {
            throw new CheckpointFormatException(
                Name,
                $"bytes {offset}…{offset}+{count} lie outside its {Length} bytes; the file is damaged or incomplete"
            );
        }
    }

    private sealed class ByteSlice(ByteSource whole, long start, long length) : ByteSource
    {
        public override string Name => whole.Name;

        public override long Length => length;

        protected override void ReadCore(long offset, Span<byte> destination) =>
            whole.Read(start + offset, destination);
    }
}
