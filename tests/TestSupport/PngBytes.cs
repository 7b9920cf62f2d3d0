using System.Buffers.Binary;
using System.IO.Compression;

namespace InstructDiffusion.TestSupport;

/// <summary>PNG files built chunk by chunk, for what no library would write: false claims, bombs, animations.</summary>
public static class PngBytes
{
    private static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>A complete one-colour greyscale PNG of any size, streamed: 30,000 x 30,000 has about 0.9 MB.</summary>
    public static byte[] OneColour(int width, int height, params (string Type, byte[] Body)[] extra)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] row = new byte[width + 1]; // filter 0, then grey
            Array.Fill(row, (byte)128, 1, width);
            for (int y = 0; y < height; y++)
            {
                zlib.Write(row);
            }
        }
        return File(width, height, [.. extra, ("IDAT", packed.ToArray()), ("IEND", [])]);
    }

    /// <summary>A header that claims a size, and nothing behind it.</summary>
    public static byte[] Claim(uint width, uint height) => File(width, height, ("IEND", []));

    /// <summary>Signature, IHDR (8-bit grey) and the given chunks with right checksums.</summary>
    public static byte[] File(long width, long height, params (string Type, byte[] Body)[] chunks) =>
        Of(width, height, depth: 8, color: 0, chunks);

    /// <summary>The same of another depth in bits and PNG's kind of colour: 0 grey, 3 a palette.</summary>
    public static byte[] Of(long width, long height, byte depth, byte color, params (string Type, byte[] Body)[] chunks)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        var header = new byte[13];
        BinaryPrimitives.WriteUInt32BigEndian(header, (uint)width);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), (uint)height);
        (header[8], header[9]) = (depth, color); // deflate, adaptive filters, no interlace are 0
        Write(file, "IHDR", header);
        foreach ((string type, byte[] body) in chunks)
        {
            Write(file, type, body);
        }
        return file.ToArray();
    }

    /// <summary>The same PNG with a chunk straight after IHDR.</summary>
    public static byte[] Insert(byte[] png, string type, byte[] body)
    {
        const int AfterHeader = 33;
        using var file = new MemoryStream();
        file.Write(png, 0, AfterHeader);
        Write(file, type, body);
        file.Write(png, AfterHeader, png.Length - AfterHeader);
        return file.ToArray();
    }

    /// <summary>The body of an acTL chunk: this many frames, endless loop.</summary>
    public static byte[] AnimationControl(uint frames)
    {
        var body = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(body, frames);
        return body;
    }

    /// <summary>What zlib makes of <paramref name="length"/> zero bytes.</summary>
    public static byte[] DeflatedZeros(long length)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] block = new byte[1 << 16];
            for (long done = 0; done < length; done += block.Length)
            {
                zlib.Write(block);
            }
        }
        return packed.ToArray();
    }

    private static void Write(Stream stream, string type, byte[] body)
    {
        byte[] typeAndBody = [.. System.Text.Encoding.ASCII.GetBytes(type), .. body];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, body.Length);
        stream.Write(number);
        stream.Write(typeAndBody);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(typeAndBody));
        stream.Write(number);
    }

    /// <summary>CRC-32 bit by bit: slow and independent of the engine's table.</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
            }
        }
        return ~crc;
    }
}
