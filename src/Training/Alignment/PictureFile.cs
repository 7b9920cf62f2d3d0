using System.Security.Cryptography;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Alignment;

/// <summary>Reads pictures whose files may be missing, damaged or exchanged.</summary>
internal static class PictureFile
{
    /// <summary>Decodes a file.</summary>
    /// <param name="path">PNG, JPEG or WebP.</param>
    /// <param name="sha256">What its bytes must hash to, lower-case hexadecimal; null when anything goes.</param>
    /// <exception cref="BrokenSampleException">It is missing, unreadable, no picture, or not the one with this hash.</exception>
    public static RgbImage Read(string path, string? sha256 = null)
    {
        try
        {
            byte[] bytes = AlignmentJson.ReadBytes(path, ImageDecodeLimits.Default.MaxBytes);
            if (sha256 is not null && !string.Equals(HashOf(bytes), sha256, StringComparison.Ordinal))
            {
                throw new BrokenSampleException($"{path}: is not the picture that was picked: its SHA-256 differs");
            }
            return ImageCodec.Decode(bytes, ImageDecodeLimits.Default).Image;
        }
        catch (Exception e) when (e is AlignmentException or ImageFormatException)
        {
            throw new BrokenSampleException(e is AlignmentException ? e.Message : $"{path}: {e.Message}", e);
        }
    }

    /// <summary>SHA-256 in lower-case hexadecimal.</summary>
    public static string HashOf(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
