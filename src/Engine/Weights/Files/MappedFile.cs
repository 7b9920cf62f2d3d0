using System.IO.MemoryMappedFiles;

namespace InstructDiffusion.Engine.Weights.Files;

/// <summary>
/// A memory-mapped file. Each read maps the stretch it needs and unmaps it again, so that the pages of a large checkpoint never
/// stay resident: a load costs its destination and nothing else. As with every mapping, the file must not be cut short while it
/// is open: replace checkpoints by renaming, as our writers do.
/// </summary>
internal sealed class MappedFile : ByteSource
{
    // One mapping at most: what a read can add to the resident memory for its duration.
    private const int LargestView = 16 << 20;

    private readonly MemoryMappedFile? _file;

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public MappedFile(string path)
    {
        Name = path;
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        try
        {
            Length = stream.Length;
            // An empty file cannot be mapped; every read of it fails its range check.
            _file =
                Length == 0
                    ? null
                    : MemoryMappedFile.CreateFromFile(
                        stream,
                        mapName: null,
                        capacity: 0,
                        MemoryMappedFileAccess.Read,
                        HandleInheritability.None,
                        leaveOpen: false
                    );
        }
        finally
        {
            if (_file is null)
            {
                stream.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _file?.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override unsafe void ReadCore(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var count = Math.Min(destination.Length, LargestView);
            using var view = _file!.CreateViewAccessor(offset, count, MemoryMappedFileAccess.Read);
            var handle = view.SafeMemoryMappedViewHandle;
            byte* start = null;
            handle.AcquirePointer(ref start);
            try
            {
                new ReadOnlySpan<byte>(start + view.PointerOffset, count).CopyTo(destination);
            }
            finally
            {
                handle.ReleasePointer();
            }
            destination = destination[count..];
            offset += count;
        }
    }
}
