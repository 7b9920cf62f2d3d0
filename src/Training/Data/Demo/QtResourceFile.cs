using System.Buffers.Binary;
using System.Text;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>
/// Reads one entry of a binary Qt resource file (<c>.rcc</c>, versions 1 to 3; qtbase, <c>corelib/io/qresource.cpp</c>). Only entries
/// stored as they are: pictures are not compressed again.
/// </summary>
internal static class QtResourceFile
{
    private const int MaxBytes = 256 << 20;
    private const int MaxDepth = 32;
    private const int DirectoryFlag = 2;

    /// <summary>The bytes of an entry.</summary>
    /// <param name="path">The resource file.</param>
    /// <param name="entry">Path in it, with forward slashes and none in front.</param>
    /// <exception cref="InvalidDataException">The file is no resource file, or has no such entry.</exception>
    public static byte[] Read(string path, string entry)
    {
        var info = new FileInfo(path);
        if (!info.Exists || info.Length > MaxBytes)
        {
            throw new InvalidDataException($"{path}: {(info.Exists ? "larger than 256 MiB" : "not found")}");
        }
        try
        {
            return new Reader(File.ReadAllBytes(path)).Find(entry)
                ?? throw new InvalidDataException($"{path}: has no entry '{entry}'");
        }
        catch (Exception error) when (error is ArgumentOutOfRangeException or OverflowException)
        {
            throw new InvalidDataException($"{path}: no Qt resource file, or damaged", error);
        }
    }

    private sealed class Reader
    {
        private readonly byte[] _bytes;
        private readonly int _nodeSize;
        private readonly int _nodes;
        private readonly int _data;
        private readonly int _names;

        public Reader(byte[] bytes)
        {
            _bytes = bytes;
            if (!bytes.AsSpan().StartsWith("qres"u8))
            {
                throw new ArgumentOutOfRangeException(nameof(bytes));
            }
            _nodeSize = Int32(4) >= 2 ? 22 : 14;
            _nodes = Int32(8);
            _data = Int32(12);
            _names = Int32(16);
        }

        public byte[]? Find(string entry)
        {
            string[] parts = entry.Split('/');
            int node = _nodes;
            for (int depth = 0; depth < Math.Min(parts.Length, MaxDepth); depth++)
            {
                int? child = ChildOf(node, parts[depth]);
                if (child is null)
                {
                    return null;
                }
                node = child.Value;
            }
            if (Int16(node + 4) != 0)
            {
                return null; // A folder, or compressed.
            }
            int at = checked(_data + Int32(node + 10));
            return _bytes.AsSpan(checked(at + 4), Int32(at)).ToArray();
        }

        private int? ChildOf(int node, string name)
        {
            if ((Int16(node + 4) & DirectoryFlag) == 0)
            {
                return null;
            }
            int count = Math.Min(Int32(node + 6), _bytes.Length / _nodeSize);
            int first = Int32(node + 10);
            for (int i = 0; i < count; i++)
            {
                int child = checked(_nodes + (first + i) * _nodeSize);
                int at = checked(_names + Int32(child));
                // Length in UTF-16 units, a hash of four bytes, then the units.
                ReadOnlySpan<byte> units = _bytes.AsSpan(at + 6, Int16(at) * 2);
                if (string.Equals(Encoding.BigEndianUnicode.GetString(units), name, StringComparison.Ordinal))
                {
                    return child;
                }
            }
            return null;
        }

        private int Int32(int at) => BinaryPrimitives.ReadInt32BigEndian(_bytes.AsSpan(at, 4));

        private int Int16(int at) => BinaryPrimitives.ReadUInt16BigEndian(_bytes.AsSpan(at, 2));
    }
}
