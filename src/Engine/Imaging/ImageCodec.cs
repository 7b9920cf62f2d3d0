using NetVips;

namespace InstructDiffusion.Engine.Imaging;

/// <summary>
/// Picture files to pixels and back, for untrusted files. The only class that knows the image library (libvips through NetVips):
/// the format is told from the first bytes, limits are checked on the header, and the one decoder of that format is called by name.
/// Thread-safe; a call uses one thread.
/// </summary>
public static partial class ImageCodec
{
    /// <summary>Quality of JPEG and WebP unless asked otherwise: visually clean, JPEG without chroma subsampling.</summary>
    public const int DefaultQuality = 90;

    // Held here because the library keeps only a native pointer to it.
    private static readonly Log.LogDelegate DropLog = static (_, _, _) => { };

    static ImageCodec()
    {
        NetVips.NetVips.BlockUntrusted = true;
        NetVips.NetVips.Concurrency = 1;
        Cache.Max = 0; // results of earlier calls would stay in memory
        // What a decoder complains of reaches the caller as an exception; an untrusted file must not write to stderr.
        Log.SetLogHandler("VIPS", Enums.LogLevelFlags.Warning | Enums.LogLevelFlags.Message, DropLog);
    }

    /// <summary>Reads format, size and frame count without decoding: microseconds, no memory.</summary>
    /// <param name="bytes">The whole file, or at least its beginning.</param>
    /// <exception cref="ImageFormatException">Empty, unsupported, or damaged so early that the size is not known.</exception>
    public static ImageHeader ReadHeader(ReadOnlySpan<byte> bytes) => ImageHeaderReader.Read(bytes);

    /// <summary>The text a PNG carries (see <see cref="Encode"/>); empty for other formats.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="ImageFormatException">Empty, unsupported or damaged; more than 1 MiB of text.</exception>
    public static IReadOnlyDictionary<string, string> ReadText(ReadOnlySpan<byte> bytes) =>
        ImageSignature.Require(bytes) == ImageFileFormat.Png ? PngText.Read(bytes) : new Dictionary<string, string>();
}
