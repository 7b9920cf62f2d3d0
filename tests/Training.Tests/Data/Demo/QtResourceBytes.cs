using System.Buffers.Binary;
using System.Text;

namespace InstructDiffusion.Training.Tests.Data.Demo;

/// <summary>Qt resource files of version 1 with one entry, byte by byte.</summary>
internal static class QtResourceBytes
{
    private const int HeaderSize = 20;
    private const int NodeSize = 14;

    /// <param name="entry">Path of the entry: folders, then the file.</param>
    /// <param name="body">Its bytes.</param>
    public static byte[] With(string entry, byte[] body)
    {
        string[] parts = entry.Split('/');
        using var names = new MemoryStream();
        var nodes = new List<byte[]> { Folder(0, 1) };
        for (int i = 0; i < parts.Length; i++)
        {
            int name = (int)names.Length;
            names.Write(UInt16(parts[i].Length));
            names.Write(Int32(0)); // The hash, which the reader does not need.
            names.Write(Encoding.BigEndianUnicode.GetBytes(parts[i]));
            nodes.Add(i + 1 < parts.Length ? Folder(name, i + 2) : Leaf(name));
        }
        int dataAt = HeaderSize + nodes.Count * NodeSize;
        int namesAt = dataAt + 4 + body.Length;
        return
        [
            .. "qres"u8,
            .. Int32(1),
            .. Int32(HeaderSize),
            .. Int32(dataAt),
            .. Int32(namesAt),
            .. nodes.SelectMany(node => node),
            .. Int32(body.Length),
            .. body,
            .. names.ToArray(),
        ];
    }

    private static byte[] Folder(int name, int firstChild) =>
        [.. Int32(name), .. UInt16(2), .. Int32(1), .. Int32(firstChild)];

    private static byte[] Leaf(int name) => [.. Int32(name), .. UInt16(0), .. UInt16(0), .. UInt16(0), .. Int32(0)];

    private static byte[] Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] UInt16(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        return bytes;
    }
}
