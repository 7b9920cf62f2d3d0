namespace InstructDiffusion.Engine.Imaging;

/// <summary>The part of a picture that is resized, in pixels that may be fractions. Single precision because Pillow's is.</summary>
/// <param name="Left">First column's left edge.</param>
/// <param name="Top">First row's upper edge.</param>
/// <param name="Right">Last column's right edge.</param>
/// <param name="Bottom">Last row's lower edge.</param>
public readonly record struct ResizeBox(float Left, float Top, float Right, float Bottom)
{
    /// <summary>A whole picture.</summary>
    public static ResizeBox Whole(ImageSize size) => new(0, 0, size.Width, size.Height);
}
