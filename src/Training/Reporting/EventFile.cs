using System.Buffers.Binary;
using System.Numerics;

namespace InstructDiffusion.Training.Reporting;

/// <summary>
/// A file of records as TensorFlow frames them: length (8 bytes), its checksum (4), the record, its checksum (4), all
/// little-endian (tensorflow/core/lib/io/record_writer.cc). TensorBoard reads the records as they come.
/// </summary>
internal sealed class EventFile(string path) : IDisposable
{
    private const int HeaderLength = sizeof(ulong) + sizeof(uint);
    private const uint MaskDelta = 0xA282_EAD8; // tensorflow/core/lib/hash/crc32c.h: checksums of checksums are masked

    private readonly AppendedFile _file = new(path);

    /// <exception cref="DiskFullException">No space is left; the file is as before.</exception>
    public void Append(ReadOnlySpan<byte> record)
    {
        byte[] framed = new byte[HeaderLength + record.Length + sizeof(uint)];
        Span<byte> length = framed.AsSpan(0, sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(framed.AsSpan(sizeof(ulong)), MaskedChecksum(length));
        record.CopyTo(framed.AsSpan(HeaderLength));
        BinaryPrimitives.WriteUInt32LittleEndian(framed.AsSpan(HeaderLength + record.Length), MaskedChecksum(record));
        _file.Append(framed);
    }

    public void Dispose() => _file.Dispose();

    private static uint MaskedChecksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }
        foreach (byte value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }
        return BitOperations.RotateRight(~crc, 15) + MaskDelta;
    }
}
