using System.Buffers.Binary;
using System.IO.Compression;

namespace InstructDiffusion.Training.Data.Files;

/// <summary>A member of a zip file, as its directory has it.</summary>
/// <param name="HeaderOffset">Where its own header begins.</param>
/// <param name="PackedLength">Bytes in the file.</param>
/// <param name="Length">Bytes unpacked, by its own account.</param>
/// <param name="IsDeflated">Packed, not only stored.</param>
internal readonly record struct ZipMember(long HeaderOffset, long PackedLength, long Length, bool IsDeflated)
{
    /// <summary>Method of members that are not packed.</summary>
    public const int Stored = 0;

    /// <summary>Method of those that are.</summary>
    public const int Deflated = 8;

    private const uint HeaderSignature = 0x04034b50;
    private const int HeaderLength = 30;

    /// <summary>Its bytes, unpacked. Any number of threads may read one file.</summary>
    /// <param name="path">The zip file.</param>
    /// <param name="most">Longest that is unpacked, bytes.</param>
    /// <exception cref="BrokenSampleException">It is too long, damaged, or longer than it says.</exception>
    public byte[] Read(string path, long most)
    {
        if (HeaderOffset < 0 || Length < 0 || Length > most || PackedLength < 0 || PackedLength > most)
        {
            throw new BrokenSampleException($"{path}: a member of {Length:N0} bytes, allowed: {most:N0}");
        }
        byte[] header = new FileSpan(HeaderOffset, HeaderLength).Read(path);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != HeaderSignature)
        {
            throw new BrokenSampleException($"{path}: a member is not where the directory says");
        }
        int before =
            HeaderLength
            + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(26))
            + BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(28));
        byte[] packed = new FileSpan(HeaderOffset + before, PackedLength).Read(path);
        return IsDeflated ? Inflate(packed, path)
            : PackedLength == Length ? packed
            : throw new BrokenSampleException($"{path}: a member is not as long as it says");
    }

    private byte[] Inflate(byte[] packed, string path)
    {
        try
        {
            using var stream = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
            var bytes = new byte[Length];
            stream.ReadExactly(bytes);
            return stream.ReadByte() < 0
                ? bytes
                : throw new BrokenSampleException($"{path}: a member is longer than it says");
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new BrokenSampleException($"{path}: a member is damaged: {error.Message}", error);
        }
    }
}
