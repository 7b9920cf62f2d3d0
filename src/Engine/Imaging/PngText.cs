using System.Buffers.Binary;
using System.Text;

namespace InstructDiffusion.Engine.Imaging;

/// <summary>
/// Keyword and value pairs inside a PNG (PNG 3rd edition, §11.3.3): written as uncompressed <c>tEXt</c> where Latin-1 holds the
/// value and as <c>iTXt</c> (UTF-8) where it does not, straight after IHDR, so that a reader finds them before the pixels.
/// </summary>
internal static class PngText
{
    /// <summary>Most text read from or written into one file, in bytes.</summary>
    public const int MaxBytes = 1 << 20;

    private const int MaxKeywordLength = 79;
    private const int ChunkOverhead = 12; // length, type, CRC
    private const int AfterHeader = 8 + ChunkOverhead + 13; // signature and IHDR

    private static readonly uint[] CrcTable = MakeCrcTable();

    /// <summary>The same PNG with the pairs inside.</summary>
    /// <exception cref="ArgumentException">A keyword PNG does not allow, or more than <see cref="MaxBytes"/>.</exception>
    public static byte[] Insert(byte[] png, IReadOnlyDictionary<string, string> text)
    {
        using var result = new MemoryStream(png.Length + 1024);
        result.Write(png, 0, AfterHeader);
        foreach ((string keyword, string value) in text.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            RequireKeyword(keyword);
            WriteChunk(result, keyword, value);
            if (result.Length - AfterHeader > MaxBytes)
            {
                throw new ArgumentException($"text: more than {MaxBytes} bytes", nameof(text));
            }
        }
        result.Write(png, AfterHeader, png.Length - AfterHeader);
        return result.ToArray();
    }

    /// <summary>Every uncompressed pair of a PNG; the first of equal keywords counts. Compressed text is passed over.</summary>
    /// <exception cref="ImageFormatException">Damaged, or more text than <see cref="MaxBytes"/>.</exception>
    public static Dictionary<string, string> Read(ReadOnlySpan<byte> png)
    {
        var text = new Dictionary<string, string>(StringComparer.Ordinal);
        int total = 0;
        int position = ImageSignature.Png.Length;
        while (position + ChunkOverhead <= png.Length)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png[position..]);
            if (length > png.Length - position - ChunkOverhead)
            {
                throw Damaged("a chunk ends behind the file");
            }
            ReadOnlySpan<byte> typeAndBody = png.Slice(position + 4, 4 + (int)length);
            bool isLatin = typeAndBody.StartsWith("tEXt"u8);
            if (isLatin || typeAndBody.StartsWith("iTXt"u8))
            {
                total += (int)length;
                if (total > MaxBytes)
                {
                    throw Damaged($"it holds more than {MaxBytes} bytes of text");
                }
                uint crc = BinaryPrimitives.ReadUInt32BigEndian(png[(position + 8 + (int)length)..]);
                if (crc != Crc(typeAndBody))
                {
                    throw Damaged("a text chunk's checksum is false");
                }
                AddPair(text, typeAndBody[4..], isLatin);
            }
            position += ChunkOverhead + (int)length;
        }
        return text;
    }

    private static void AddPair(Dictionary<string, string> text, ReadOnlySpan<byte> body, bool isLatin)
    {
        int end = body.IndexOf((byte)0);
        if (end < 1)
        {
            return; // no keyword: nothing to file the value under
        }
        string keyword = Encoding.Latin1.GetString(body[..end]);
        ReadOnlySpan<byte> rest = body[(end + 1)..];
        if (isLatin)
        {
            text.TryAdd(keyword, Encoding.Latin1.GetString(rest));
            return;
        }
        if (rest.Length < 2 || rest[0] != 0)
        {
            return; // compressed
        }
        rest = rest[2..];
        for (int i = 0; i < 2; i++) // language tag, translated keyword
        {
            int zero = rest.IndexOf((byte)0);
            if (zero < 0)
            {
                return;
            }
            rest = rest[(zero + 1)..];
        }
        text.TryAdd(keyword, Encoding.UTF8.GetString(rest));
    }

    private static void RequireKeyword(string keyword)
    {
        bool isFit =
            keyword.Length is >= 1 and <= MaxKeywordLength
            && keyword.All(c => c is >= ' ' and <= '~')
            && keyword[0] != ' '
            && keyword[^1] != ' ';
        if (!isFit)
        {
            throw new ArgumentException(
                $"text: a PNG keyword has 1 to {MaxKeywordLength} printable ASCII characters without blanks at its ends, got '{keyword}'",
                nameof(keyword)
            );
        }
    }

    private static void WriteChunk(MemoryStream stream, string keyword, string value)
    {
        bool isLatin = value.All(c => c is '\n' or (>= ' ' and <= '~') or (>= '\u00A0' and <= '\u00FF'));
        byte[] typeAndBody = isLatin
            ? [.. "tEXt"u8, .. Encoding.ASCII.GetBytes(keyword), 0, .. Encoding.Latin1.GetBytes(value)]
            // After the keyword: not compressed, method 0, no language, no translated keyword.
            : [.. "iTXt"u8, .. Encoding.ASCII.GetBytes(keyword), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(value)];
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, typeAndBody.Length - 4);
        stream.Write(number);
        stream.Write(typeAndBody);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(typeAndBody));
        stream.Write(number);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        }
        return ~crc;
    }

    private static uint[] MakeCrcTable()
    {
        const uint Polynomial = 0xEDB88320; // PNG 3rd edition, annex D
        var table = new uint[256];
        for (uint i = 0; i < table.Length; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? Polynomial ^ (crc >> 1) : crc >> 1;
            }
            table[i] = crc;
        }
        return table;
    }

    private static ImageFormatException Damaged(string what) =>
        new(ImageFormatErrorKind.Damaged, $"The PNG picture is damaged: {what}.");
}
