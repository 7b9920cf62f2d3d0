using System.Buffers.Binary;
using System.Text;

namespace InstructDiffusion.Training.Data.Files;

/// <summary>
/// Goes through the central directory of a zip file (APPNOTE 6.3, zip64 included) without keeping it: shards of millions of members
/// would fill the memory with an object each. Names tell members apart and are never paths.
/// </summary>
internal static class ZipDirectory
{
    private const uint EndSignature = 0x06054b50;
    private const uint Zip64LocatorSignature = 0x07064b50;
    private const uint Zip64EndSignature = 0x06064b50;
    private const uint EntrySignature = 0x02014b50;
    private const int EndLength = 22;
    private const int Zip64LocatorLength = 20;
    private const int Zip64EndLength = 56;
    private const int EntryLength = 46;
    private const int LongestComment = ushort.MaxValue;
    private const ushort Zip64Field = 1;
    private const ushort Encrypted = 1;

    /// <summary>Reads the directory.</summary>
    /// <param name="path">The zip file.</param>
    /// <param name="onEntry">Told each member that is stored or deflated.</param>
    /// <param name="log">Told of those that cannot be read.</param>
    /// <param name="cancellationToken">Looked at between members.</param>
    /// <exception cref="DatasetException">It is no zip file, or its directory is damaged.</exception>
    public static void Read(
        string path,
        Action<string, ZipMember> onEntry,
        RejectionLog log,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var stream = new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.Read,
                bufferSize: 1 << 16
            );
            (long offset, long end) = Find(stream);
            stream.Position = offset;
            while (stream.Position < end)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (ReadEntry(stream, out string name) is { } member)
                {
                    onEntry(name, member);
                }
                else
                {
                    log.Reject("a zip member that is encrypted, or packed in another way than deflate", name);
                }
            }
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: not a zip file that can be read: {error.Message}", error);
        }
    }

    private static (long Start, long End) Find(FileStream stream)
    {
        var tail = new byte[Math.Min(stream.Length, EndLength + LongestComment)];
        long tailStart = stream.Length - tail.Length;
        stream.Position = tailStart;
        stream.ReadExactly(tail);
        int at = tail.Length - EndLength;
        while (at >= 0 && BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) != EndSignature)
        {
            at--;
        }
        if (at < 0)
        {
            throw new InvalidDataException("it has no end record");
        }
        long size = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 12));
        long start = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 16));
        if (start == uint.MaxValue || size == uint.MaxValue)
        {
            (start, size) = FindZip64(stream, tailStart + at);
        }
        bool isInside = start >= 0 && size >= 0 && start <= stream.Length && size <= stream.Length - start;
        return isInside ? (start, start + size) : throw new InvalidDataException("its directory lies outside of it");
    }

    private static (long Start, long Size) FindZip64(FileStream stream, long end)
    {
        Span<byte> locator = stackalloc byte[Zip64LocatorLength];
        Span<byte> record = stackalloc byte[Zip64EndLength];
        ReadAt(stream, end - Zip64LocatorLength, locator, Zip64LocatorSignature);
        ReadAt(stream, BinaryPrimitives.ReadInt64LittleEndian(locator[8..]), record, Zip64EndSignature);
        return (
            BinaryPrimitives.ReadInt64LittleEndian(record[48..]),
            BinaryPrimitives.ReadInt64LittleEndian(record[40..])
        );
    }

    private static void ReadAt(FileStream stream, long offset, Span<byte> record, uint signature)
    {
        if (offset < 0 || offset > stream.Length - record.Length)
        {
            throw new InvalidDataException("a record lies outside of it");
        }
        stream.Position = offset;
        stream.ReadExactly(record);
        if (BinaryPrimitives.ReadUInt32LittleEndian(record) != signature)
        {
            throw new InvalidDataException("a record is not where it should be");
        }
    }

    private static ZipMember? ReadEntry(FileStream stream, out string name)
    {
        Span<byte> entry = stackalloc byte[EntryLength];
        stream.ReadExactly(entry);
        if (BinaryPrimitives.ReadUInt32LittleEndian(entry) != EntrySignature)
        {
            throw new InvalidDataException("its directory is damaged");
        }
        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(entry[8..]);
        ushort method = BinaryPrimitives.ReadUInt16LittleEndian(entry[10..]);
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[28..]);
        int extraLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[30..]);
        int commentLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[32..]);
        var rest = new byte[nameLength + extraLength + commentLength];
        stream.ReadExactly(rest);
        name = Encoding.UTF8.GetString(rest.AsSpan(0, nameLength));
        var wide = new Zip64Values(rest.AsSpan(nameLength, extraLength));
        // The field holds, in this order, those of the three that do not fit 32 bits.
        long length = wide.Or(BinaryPrimitives.ReadUInt32LittleEndian(entry[24..]));
        long packed = wide.Or(BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]));
        long offset = wide.Or(BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]));
        bool isReadable = (flags & Encrypted) == 0 && method is ZipMember.Stored or ZipMember.Deflated;
        return isReadable ? new ZipMember(offset, packed, length, method == ZipMember.Deflated) : null;
    }

    /// <summary>The 64-bit values of a member's extra fields, taken one after another.</summary>
    private ref struct Zip64Values
    {
        private ReadOnlySpan<byte> _values;

        public Zip64Values(ReadOnlySpan<byte> extra)
        {
            while (extra.Length >= 4)
            {
                int length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
                if (length > extra.Length - 4)
                {
                    return;
                }
                if (BinaryPrimitives.ReadUInt16LittleEndian(extra) == Zip64Field)
                {
                    _values = extra.Slice(4, length);
                    return;
                }
                extra = extra[(4 + length)..];
            }
        }

        public long Or(uint value)
        {
            if (value != uint.MaxValue || _values.Length < 8)
            {
                return value;
            }
            long wide = BinaryPrimitives.ReadInt64LittleEndian(_values);
            _values = _values[8..];
            return wide;
        }
    }
}
