using System.Buffers.Binary;

namespace InstructDiffusion.Engine.Imaging;

/// <summary>
/// Reads size and frame count from a file's structure alone: one pass over chunk or segment headers, nothing decompressed and
/// nothing allocated, so that a picture too large is refused before a decoder sees it.
/// </summary>
internal static class ImageHeaderReader
{
    private const byte LosslessSignature = 0x2F;

    private static ReadOnlySpan<byte> LossyStartCode => [0x9D, 0x01, 0x2A];

    /// <summary>Reads the header of a PNG, JPEG or WebP.</summary>
    /// <exception cref="ImageFormatException">Empty, unsupported, or damaged so early that the size is not known.</exception>
    public static ImageHeader Read(ReadOnlySpan<byte> bytes)
    {
        ImageFileFormat format = ImageSignature.Require(bytes);
        ImageHeader? header = format switch
        {
            ImageFileFormat.Png => ReadPng(bytes),
            ImageFileFormat.Jpeg => ReadJpeg(bytes),
            _ => ReadWebp(bytes),
        };
        if (header is null)
        {
            throw Damaged(format, "its header cannot be read");
        }
        if (header.Size.Width < 1 || header.Size.Height < 1)
        {
            throw Damaged(format, $"it says its size is {header.Size}");
        }
        return header;
    }

    private static ImageFormatException Damaged(ImageFileFormat format, string what) =>
        new(ImageFormatErrorKind.Damaged, $"The {format.ToString().ToUpperInvariant()} picture is damaged: {what}.");

    /// <summary>PNG 3rd edition, §5.3 chunks, §11.2.1 IHDR, §11.3.6.1 acTL (which must come before IDAT).</summary>
    private static ImageHeader? ReadPng(ReadOnlySpan<byte> bytes)
    {
        const int ChunkOverhead = 12; // length, type, CRC
        const int FirstChunk = 8;
        if (bytes.Length < FirstChunk + ChunkOverhead + 13 || !bytes[(FirstChunk + 4)..].StartsWith("IHDR"u8))
        {
            return null;
        }
        uint width = BinaryPrimitives.ReadUInt32BigEndian(bytes[(FirstChunk + 8)..]);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(bytes[(FirstChunk + 12)..]);
        if (width > int.MaxValue || height > int.MaxValue)
        {
            return null;
        }
        uint frames = 1;
        long position = FirstChunk;
        while (position + ChunkOverhead <= bytes.Length)
        {
            ReadOnlySpan<byte> chunk = bytes[(int)position..];
            uint length = BinaryPrimitives.ReadUInt32BigEndian(chunk);
            ReadOnlySpan<byte> type = chunk.Slice(4, 4);
            if (type.SequenceEqual("acTL"u8) && chunk.Length >= ChunkOverhead + 8)
            {
                frames = BinaryPrimitives.ReadUInt32BigEndian(chunk[8..]);
            }
            if (type.SequenceEqual("IDAT"u8))
            {
                break;
            }
            position += ChunkOverhead + (long)length;
        }
        return new ImageHeader(ImageFileFormat.Png, new ImageSize((int)width, (int)height), ToFrames(frames));
    }

    /// <summary>ITU-T T.81, annex B: segments up to the first frame header (SOF).</summary>
    private static ImageHeader? ReadJpeg(ReadOnlySpan<byte> bytes)
    {
        int position = 2;
        while (position + 4 <= bytes.Length)
        {
            if (bytes[position] != 0xFF)
            {
                return null;
            }
            byte marker = bytes[position + 1];
            if (marker == 0xFF)
            {
                position++; // fill byte
                continue;
            }
            if (marker is 0x01 or (>= 0xD0 and <= 0xD7))
            {
                position += 2; // markers without a body
                continue;
            }
            if (marker is 0x00 or 0xD8 or 0xD9 or 0xDA)
            {
                return null; // pixels, or the end, before any frame header
            }
            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(position + 2)..]);
            bool isFrame = marker is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC;
            if (isFrame)
            {
                return ReadJpegFrame(bytes[(position + 4)..]);
            }
            position += 2 + Math.Max(length, 2);
        }
        return null;
    }

    private static ImageHeader? ReadJpegFrame(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 5)
        {
            return null;
        }
        int height = BinaryPrimitives.ReadUInt16BigEndian(frame[1..]);
        int width = BinaryPrimitives.ReadUInt16BigEndian(frame[3..]);
        return new ImageHeader(ImageFileFormat.Jpeg, new ImageSize(width, height), Frames: 1);
    }

    /// <summary>RFC 9649: simple lossy (VP8), simple lossless (VP8L) and extended (VP8X) files.</summary>
    private static ImageHeader? ReadWebp(ReadOnlySpan<byte> bytes)
    {
        const int FirstChunk = 12;
        const int Payload = FirstChunk + 8;
        if (bytes.Length < Payload + 10)
        {
            return null;
        }
        ReadOnlySpan<byte> type = bytes.Slice(FirstChunk, 4);
        ReadOnlySpan<byte> payload = bytes[Payload..];
        bool isLossy = type.SequenceEqual("VP8 "u8) && payload[3..].StartsWith(LossyStartCode);
        if (isLossy)
        {
            int width = BinaryPrimitives.ReadUInt16LittleEndian(payload[6..]) & 0x3FFF;
            int height = BinaryPrimitives.ReadUInt16LittleEndian(payload[8..]) & 0x3FFF;
            return new ImageHeader(ImageFileFormat.Webp, new ImageSize(width, height), Frames: 1);
        }
        bool isLossless = type.SequenceEqual("VP8L"u8) && payload[0] == LosslessSignature;
        if (isLossless)
        {
            uint packed = BinaryPrimitives.ReadUInt32LittleEndian(payload[1..]);
            var size = new ImageSize((int)(packed & 0x3FFF) + 1, (int)((packed >> 14) & 0x3FFF) + 1);
            return new ImageHeader(ImageFileFormat.Webp, size, Frames: 1);
        }
        if (type.SequenceEqual("VP8X"u8))
        {
            const byte AnimationFlag = 0x02;
            int frames = (payload[0] & AnimationFlag) != 0 ? CountWebpFrames(bytes, FirstChunk) : 1;
            var size = new ImageSize(ReadUInt24(payload[4..]) + 1, ReadUInt24(payload[7..]) + 1);
            return new ImageHeader(ImageFileFormat.Webp, size, frames);
        }
        return null;
    }

    private static int CountWebpFrames(ReadOnlySpan<byte> bytes, long position)
    {
        int frames = 0;
        while (position + 8 <= bytes.Length)
        {
            ReadOnlySpan<byte> chunk = bytes[(int)position..];
            if (chunk.StartsWith("ANMF"u8))
            {
                frames++;
            }
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            position += 8 + (long)length + (length & 1); // bodies are padded to even length
        }
        return Math.Max(frames, 1);
    }

    private static int ReadUInt24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);

    private static int ToFrames(uint frames) => (int)Math.Clamp(frames, 1u, int.MaxValue);
}
