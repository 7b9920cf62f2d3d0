using System.Buffers.Binary;
using System.Text;

namespace InstructDiffusion.Engine.Weights.Pickle;

/// <summary>The bytes of a pickle: little-endian numbers, counted strings and lines, never more than the stream still has.</summary>
internal sealed class PickleInput(Stream stream, string name)
{
    private const int MaxLine = 1 << 20;

    public long Remaining => stream.Length - stream.Position;

    public int Byte()
    {
        var value = stream.ReadByte();
        return value >= 0 ? value : throw Error("it ends before its STOP opcode");
    }

    public int UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(4));

    public double BigEndianDouble() => BinaryPrimitives.ReadDoubleBigEndian(Bytes(8));

    /// <summary>A count of so many bytes (1, 4 or 8).</summary>
    public long Count(int size) =>
        size switch
        {
            1 => Byte(),
            4 => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(4)),
            _ => (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(Bytes(8)), long.MaxValue),
        };

    public byte[] Bytes(long count)
    {
        if (count > Remaining || count > Array.MaxLength)
        {
            throw Error($"a string of {count} bytes reaches past its end");
        }
        var bytes = new byte[count];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Latin-1 text up to a line feed, without it.</summary>
    public string Line()
    {
        var line = new StringBuilder();
        for (int value; (value = Byte()) != '\n'; )
        {
            if (line.Length == MaxLine)
            {
                throw Error($"a line is longer than {MaxLine} bytes");
            }
            line.Append((char)value);
        }
        return line.ToString();
    }

    public CheckpointFormatException Error(string problem) =>
        new(name, $"its pickle is not usable at byte {stream.Position}: {problem}");
}
