using System.Buffers.Binary;
using System.Text;

namespace InstructDiffusion.Training.Tests.Reporting;

/// <summary>Reads event files bit by bit, by the formats' descriptions and nothing of the writer's.</summary>
internal static class EventFileReader
{
    /// <summary>The records, their lengths and checksums verified.</summary>
    public static IReadOnlyList<byte[]> Records(byte[] file)
    {
        var records = new List<byte[]>();
        for (int at = 0; at < file.Length; )
        {
            int length = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at)));
            Assert.Equal(MaskedCrc(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            byte[] record = file[(at + 12)..(at + 12 + length)];
            at += 12 + length;
            Assert.Equal(MaskedCrc(record), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at)));
            at += 4;
            records.Add(record);
        }
        return records;
    }

    /// <summary>The fields of a message: numbers as long, double or float, what has a length as bytes.</summary>
    public static ILookup<int, object> Fields(object message)
    {
        byte[] bytes = (byte[])message;
        var fields = new List<(int Number, object Value)>();
        int at = 0;
        while (at < bytes.Length)
        {
            ulong tag = Varint(bytes, ref at);
            object value;
            switch (tag & 7)
            {
                case 0:
                    value = (long)Varint(bytes, ref at);
                    break;
                case 1:
                    value = BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(at));
                    at += 8;
                    break;
                case 2:
                    int length = (int)Varint(bytes, ref at);
                    value = bytes[at..(at + length)];
                    at += length;
                    break;
                case 5:
                    value = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(at));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7}");
            }
            fields.Add(((int)(tag >> 3), value));
        }
        return fields.ToLookup(field => field.Number, field => field.Value);
    }

    public static string Text(object bytes) => Encoding.UTF8.GetString((byte[])bytes);

    /// <summary>CRC-32C of Castagnoli's polynomial, then TensorFlow's mask.</summary>
    public static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        uint crc = Crc(bytes);
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }

    public static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
            }
        }
        return ~crc;
    }

    private static ulong Varint(byte[] bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
