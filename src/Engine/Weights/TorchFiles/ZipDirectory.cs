using System.Buffers.Binary;
using System.Text;
using InstructDiffusion.Engine.Weights.Files;

namespace InstructDiffusion.Engine.Weights.TorchFiles;

/// <summary>
/// The central directory of a zip archive, zip64 included (PKWARE APPNOTE 4.3). The framework's reader does not say where an
/// entry's bytes lie, which reading tensors in place needs.
/// </summary>
internal static class ZipDirectory
{
    private const int EndLength = 22;
    private const int MaxComment = ushort.MaxValue;
    private const int FixedEntryLength = 46;
    private const int LocalHeaderLength = 30;
    private const long MaxDirectoryLength = 256 << 20;

    /// <summary>Reads all entries.</summary>
    /// <exception cref="CheckpointFormatException">The archive is incomplete or inconsistent.</exception>
    public static Dictionary<string, ZipEntry> Read(ByteSource bytes)
    {
        var (count, offset, length) = FindDirectory(bytes);
        if (length > MaxDirectoryLength || offset > bytes.Length - length || count > length / FixedEntryLength)
        {
            throw Bad(bytes, $"its zip directory claims {count} entries in {length} bytes at {offset}");
        }
        var directory = new byte[length];
        bytes.Read(offset, directory);
        var entries = new Dictionary<string, ZipEntry>(StringComparer.Ordinal);
        var rest = directory.AsSpan();
        for (long i = 0; i < count; i++)
        {
            var entry = ReadEntry(bytes, ref rest);
            if (!entries.TryAdd(entry.Name, entry))
            {
                throw Bad(bytes, $"its zip directory lists '{entry.Name}' twice");
            }
        }
        return entries;
    }

    /// <summary>The bytes of an entry as they lie in the archive, compressed or not.</summary>
    public static ByteSource StoredBytes(ByteSource bytes, ZipEntry entry)
    {
        Span<byte> header = stackalloc byte[LocalHeaderLength];
        bytes.Read(entry.HeaderOffset, header);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != 0x04034b50)
        {
            throw Bad(bytes, $"zip entry '{entry.Name}' has no header");
        }
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header[26..]);
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
        return bytes.Slice(entry.HeaderOffset + LocalHeaderLength + nameLength + extraLength, entry.StoredLength);
    }

    private static (long Count, long Offset, long Length) FindDirectory(ByteSource bytes)
    {
        var tail = new byte[Math.Min(bytes.Length, EndLength + MaxComment)];
        bytes.Read(bytes.Length - tail.Length, tail);
        for (var at = tail.Length - EndLength; at >= 0; at--)
        {
            var end = tail.AsSpan(at);
            if (
                BinaryPrimitives.ReadUInt32LittleEndian(end) != 0x06054b50
                || BinaryPrimitives.ReadUInt16LittleEndian(end[20..]) != end.Length - EndLength
            )
            {
                continue;
            }
            long count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
            long length = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
            long offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
            var isZip64 = count == ushort.MaxValue || length == uint.MaxValue || offset == uint.MaxValue;
            return isZip64 ? FindZip64Directory(bytes, bytes.Length - tail.Length + at) : (count, offset, length);
        }
        throw Bad(bytes, "the end of its zip archive is missing: the file, or a last part of it, is incomplete");
    }

    private static (long Count, long Offset, long Length) FindZip64Directory(ByteSource bytes, long endOffset)
    {
        Span<byte> locator = stackalloc byte[20];
        bytes.Read(endOffset - locator.Length, locator);
        Span<byte> end = stackalloc byte[56];
        if (BinaryPrimitives.ReadUInt32LittleEndian(locator) == 0x07064b50)
        {
            bytes.Read(BinaryPrimitives.ReadInt64LittleEndian(locator[8..]), end);
        }
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != 0x06064b50)
        {
            throw Bad(bytes, "its zip64 directory is missing");
        }
        var count = BinaryPrimitives.ReadInt64LittleEndian(end[32..]);
        var length = BinaryPrimitives.ReadInt64LittleEndian(end[40..]);
        var offset = BinaryPrimitives.ReadInt64LittleEndian(end[48..]);
        return count < 0 || length < 0 || offset < 0
            ? throw Bad(bytes, "its zip64 directory is nonsense")
            : (count, offset, length);
    }

    private static ZipEntry ReadEntry(ByteSource bytes, ref Span<byte> rest)
    {
        if (rest.Length < FixedEntryLength || BinaryPrimitives.ReadUInt32LittleEndian(rest) != 0x02014b50)
        {
            throw Bad(bytes, "its zip directory is damaged");
        }
        var flags = BinaryPrimitives.ReadUInt16LittleEndian(rest[8..]);
        var method = BinaryPrimitives.ReadUInt16LittleEndian(rest[10..]);
        long stored = BinaryPrimitives.ReadUInt32LittleEndian(rest[20..]);
        long length = BinaryPrimitives.ReadUInt32LittleEndian(rest[24..]);
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[28..]);
        var extraLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[30..]);
        var commentLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[32..]);
        long offset = BinaryPrimitives.ReadUInt32LittleEndian(rest[42..]);
        var total = FixedEntryLength + nameLength + extraLength + commentLength;
        if (rest.Length < total)
        {
            throw Bad(bytes, "its zip directory is damaged");
        }
        var name = Encoding.UTF8.GetString(rest.Slice(FixedEntryLength, nameLength));
        ReadZip64Sizes(rest.Slice(FixedEntryLength + nameLength, extraLength), ref length, ref stored, ref offset);
        rest = rest[total..];
        if ((flags & 1) != 0 || method is not (0 or 8))
        {
            throw Bad(bytes, $"zip entry '{name}' is encrypted or compressed by an unknown method ({method})");
        }
        var inside = offset >= 0 && stored >= 0 && offset <= bytes.Length - LocalHeaderLength - stored;
        if (length < 0 || !inside || (method == 0 && stored != length))
        {
            throw Bad(bytes, $"zip entry '{name}' has impossible sizes");
        }
        return new ZipEntry(name, method == 8, offset, stored, length);
    }

    // Extra field 1 holds, in this order, the 64-bit values of those fields that are all ones.
    private static void ReadZip64Sizes(ReadOnlySpan<byte> extra, ref long length, ref long stored, ref long offset)
    {
        while (extra.Length >= 4)
        {
            var id = BinaryPrimitives.ReadUInt16LittleEndian(extra);
            var size = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]), extra.Length - 4);
            if (id == 1)
            {
                var field = extra.Slice(4, size);
                Widen(ref length, ref field);
                Widen(ref stored, ref field);
                Widen(ref offset, ref field);
            }
            extra = extra[(4 + size)..];
        }
    }

    private static void Widen(ref long value, ref ReadOnlySpan<byte> field)
    {
        if (value == uint.MaxValue && field.Length >= 8)
        {
            value = BinaryPrimitives.ReadInt64LittleEndian(field);
            field = field[8..];
        }
    }

    private static CheckpointFormatException Bad(ByteSource bytes, string problem) => new(bytes.Name, problem);
}
