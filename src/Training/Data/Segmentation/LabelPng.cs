using System.Buffers.Binary;
using System.IO.Compression;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>
/// Reads the numbers that a PNG stores: levels of grey of 1 to 16 bits, or places in a palette. Decoders of pictures give the colours
/// that they stand for, which are not the labels.
/// </summary>
internal static class LabelPng
{
    private const int HeaderLength = 13;
    private const int ChunkFrame = 12; // length, type and checksum
    private const byte Grey = 0;
    private const byte Palette = 3;

    private static readonly byte[] _signature = [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Reads a file.</summary>
    /// <param name="png">All of it.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <param name="limits">Checked before anything is unpacked.</param>
    /// <returns>Numbers row by row, as stored.</returns>
    /// <exception cref="BrokenSampleException">It is another kind of file, too large, or damaged.</exception>
    public static LabelMap Read(ReadOnlyMemory<byte> png, string name, ImageDecodeLimits limits)
    {
        try
        {
            return Read(png, limits);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or ImageFormatException)
        {
            throw new BrokenSampleException($"{name}: {error.Message}", error);
        }
    }

    private static LabelMap Read(ReadOnlyMemory<byte> png, ImageDecodeLimits limits)
    {
        List<(string Type, ReadOnlyMemory<byte> Content)> chunks = [.. ChunksOf(png)];
        if (chunks is not [("IHDR", { Length: HeaderLength } header), ..])
        {
            throw new InvalidDataException("expected a PNG");
        }
        uint width = BinaryPrimitives.ReadUInt32BigEndian(header.Span);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(header.Span[4..]);
        (byte depth, byte color, byte interlaced) = (header.Span[8], header.Span[9], header.Span[12]);
        bool isKnown =
            (color == Grey && depth is 1 or 2 or 4 or 8 or 16) || (color == Palette && depth is 1 or 2 or 4 or 8);
        if (!isKnown || interlaced != 0)
        {
            throw new InvalidDataException(
                $"expected a PNG of grey levels or of a palette, not interlaced; got colour type {color} of {depth} bits"
            );
        }
        if (width is 0 or > int.MaxValue || height is 0 or > int.MaxValue)
        {
            throw new InvalidDataException($"{width}x{height} pixels");
        }
        limits.Require(new ImageSize((int)width, (int)height));
        var data = new MemoryStream();
        foreach ((_, ReadOnlyMemory<byte> content) in chunks.Where(chunk => chunk.Type is "IDAT"))
        {
            data.Write(content.Span);
        }
        data.Position = 0;
        using var unpacked = new ZLibStream(data, CompressionMode.Decompress);
        return new LabelMap((int)width, (int)height, Unpack(unpacked, (int)width, (int)height, depth));
    }

    private static IEnumerable<(string Type, ReadOnlyMemory<byte> Content)> ChunksOf(ReadOnlyMemory<byte> png)
    {
        if (!png.Span.StartsWith(_signature))
        {
            throw new InvalidDataException("expected a PNG");
        }
        int at = _signature.Length;
        while (at + ChunkFrame <= png.Length)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png.Span[at..]);
            if (length > png.Length - at - ChunkFrame)
            {
                throw new InvalidDataException("the PNG ends in the middle");
            }
            string type = System.Text.Encoding.ASCII.GetString(png.Span.Slice(at + 4, 4));
            yield return (type, png.Slice(at + 8, (int)length));
            at += ChunkFrame + (int)length;
        }
    }

    private static ushort[] Unpack(Stream packed, int width, int height, int depth)
    {
        int bytes = Math.Max(1, depth / 8); // of a pixel, for the filters
        byte[] row = new byte[((width * depth) + 7) / 8];
        byte[] above = new byte[row.Length];
        var values = new ushort[width * height];
        for (int y = 0; y < height; y++)
        {
            int filter = packed.ReadByte();
            packed.ReadExactly(row);
            Unfilter(filter, row, above, bytes);
            for (int x = 0; x < width; x++)
            {
                values[(y * width) + x] = depth switch
                {
                    16 => BinaryPrimitives.ReadUInt16BigEndian(row.AsSpan(2 * x)),
                    8 => row[x],
                    _ => (ushort)((row[x * depth / 8] >> (8 - depth - (x * depth % 8))) & ((1 << depth) - 1)),
                };
            }
            (row, above) = (above, row);
        }
        return values;
    }

    private static void Unfilter(int filter, byte[] row, byte[] above, int bytes)
    {
        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= bytes ? row[i - bytes] : 0;
            int corner = i >= bytes ? above[i - bytes] : 0;
            int predicted = filter switch
            {
                0 => 0,
                1 => left,
                2 => above[i],
                3 => (left + above[i]) / 2,
                4 => Paeth(left, above[i], corner),
                _ => throw new InvalidDataException($"the PNG has a row of the unknown filter {filter}"),
            };
            row[i] = (byte)(row[i] + predicted);
        }
    }

    // Of the three neighbours the one nearest to left + above − corner.
    private static int Paeth(int left, int above, int corner)
    {
        int estimate = left + above - corner;
        (int toLeft, int toAbove, int toCorner) = (
            Math.Abs(estimate - left),
            Math.Abs(estimate - above),
            Math.Abs(estimate - corner)
        );
        return toLeft <= toAbove && toLeft <= toCorner ? left
            : toAbove <= toCorner ? above
            : corner;
    }
}
