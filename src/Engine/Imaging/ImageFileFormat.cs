namespace InstructDiffusion.Engine.Imaging;

/// <summary>The picture file formats read and written.</summary>
public enum ImageFileFormat
{
    /// <summary>PNG: lossless, alpha, text.</summary>
    Png,

    /// <summary>JPEG: lossy, no alpha.</summary>
    Jpeg,

    /// <summary>WebP: written lossy, with alpha; read lossy and lossless.</summary>
    Webp,
}
