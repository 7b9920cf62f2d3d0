using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace InstructDiffusion.Engine.Editing;

/// <summary>The content of a request as a hash: equal digests mean the same edit.</summary>
public static class EditDigest
{
    /// <summary>
    /// SHA-256 over every parameter and the picture's <see cref="Imaging.RgbImage.Content"/>, in hexadecimal; as that, good within one
    /// process.
    /// </summary>
    public static string Of(EditRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, request.Instruction);
        Append(hash, request.NegativeInstruction);
        Append(
            hash,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{request.Steps} {request.Seed} {request.TextGuidanceScale:R} {request.ImageGuidanceScale:R} {request.Sampler} "
                    + $"{request.Eta:R} {request.WorkingSize} {request.Placement} {request.IncludeRoundTrip} {request.Determinism} "
                    + $"{request.Image.Content}"
            )
        );
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // With its length before it, so that no two lists of texts run together to the same bytes.
    private static void Append(IncrementalHash hash, string text)
    {
        hash.AppendData(BitConverter.GetBytes(text.Length));
        hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
    }
}
