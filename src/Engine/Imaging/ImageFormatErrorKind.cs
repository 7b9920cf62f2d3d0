namespace InstructDiffusion.Engine.Imaging;

/// <summary>Why bytes could not become a picture.</summary>
public enum ImageFormatErrorKind
{
    /// <summary>No bytes at all.</summary>
    Empty,

    /// <summary>Not a PNG, JPEG or WebP.</summary>
    Unsupported,

    /// <summary>More than one frame.</summary>
    Animated,

    /// <summary>The file is larger than allowed.</summary>
    TooManyBytes,

    /// <summary>The picture has more pixels, or a longer side, than allowed. Found before decoding.</summary>
    TooManyPixels,

    /// <summary>Truncated, false checksums or otherwise undecodable.</summary>
    Damaged,
}
