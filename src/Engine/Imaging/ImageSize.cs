namespace InstructDiffusion.Engine.Imaging;

/// <summary>Width and height of a picture in pixels.</summary>
public readonly record struct ImageSize(int Width, int Height)
{
    /// <summary>Width times height.</summary>
    public long PixelCount => (long)Width * Height;

    /// <inheritdoc/>
    public override string ToString() => $"{Width}x{Height}";
}
