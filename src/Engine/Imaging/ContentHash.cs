using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace InstructDiffusion.Engine.Imaging;

/// <summary>A hash of some content: equal exactly when the content is, also where someone tries to make two agree.</summary>
public sealed record ContentHash
{
    // For pictures, which are hashed for this process alone and while their senders wait.
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(16);

    private readonly UInt128 _first;
    private readonly UInt128 _second;

    private ContentHash(ReadOnlySpan<byte> hash)
    {
        _first = MemoryMarshal.Read<UInt128>(hash);
        _second = MemoryMarshal.Read<UInt128>(hash[16..]);
    }

    /// <summary>The SHA-256 of these bytes.</summary>
    public static ContentHash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return new ContentHash(hash);
    }

    /// <summary>
    /// The hash of a picture: its pixels and its size. Another one in every process: AES-GMAC under a key that is drawn at its
    /// start, which goes over memory four times as fast as SHA-256, and which nobody can aim at without the key.
    /// </summary>
    internal static ContentHash Of(RgbImage image)
    {
        using var mac = new AesGcm(Key, AesGcm.TagByteSizes.MaxSize);
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        bytes.Clear();
        Span<byte> nonce = stackalloc byte[AesGcm.NonceByteSizes.MaxSize];
        nonce.Clear();
        // The size as nonce: the same pixels in another shape are another content. Tags stay in the process.
        BinaryPrimitives.WriteInt32LittleEndian(nonce, image.Width);
        BinaryPrimitives.WriteInt32LittleEndian(nonce[sizeof(int)..], image.Height);
        mac.Encrypt(nonce, [], [], bytes[..AesGcm.TagByteSizes.MaxSize], image.Pixels);
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
