namespace InstructDiffusion.Engine.Weights.Files;

/// <summary>Bytes in memory.</summary>
internal sealed class MemoryBytes(string name, byte[] content) : ByteSource
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override long Length => content.Length;

    /// <inheritdoc/>
    protected override void ReadCore(long offset, Span<byte> destination) =>
        content.AsSpan((int)offset, destination.Length).CopyTo(destination);
}
