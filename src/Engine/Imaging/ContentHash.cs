using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace InstructDiffusion.Engine.Imaging;

/// <summary>SHA-256 of some content: equal exactly when the content is, also where someone tries to make two agree.</summary>
public sealed record ContentHash
{
    private readonly UInt128 _first;
    private readonly UInt128 _second;

    private ContentHash(ReadOnlySpan<byte> hash)
    {
        _first = MemoryMarshal.Read<UInt128>(hash);
        _second = MemoryMarshal.Read<UInt128>(hash[16..]);
    }

    /// <summary>The hash of these bytes.</summary>
    public static ContentHash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return new ContentHash(hash);
    }

    /// <summary>The hash of a picture: its pixels and its size.</summary>
    internal static ContentHash Of(RgbImage image)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(image.Pixels);
        hash.AppendData(MemoryMarshal.AsBytes<int>([image.Width, image.Height]));
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(bytes);
        return new ContentHash(bytes);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        MemoryMarshal.Write(bytes, _first);
        MemoryMarshal.Write(bytes[16..], _second);
        return Convert.ToHexStringLower(bytes);
    }
}
