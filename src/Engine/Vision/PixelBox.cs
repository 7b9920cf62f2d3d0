namespace InstructDiffusion.Engine.Vision;

/// <summary>A rectangle of whole pixels.</summary>
/// <param name="X">Column of its first pixels.</param>
/// <param name="Y">Row of its first pixels.</param>
/// <param name="Width">Pixels a row, at least 1.</param>
/// <param name="Height">Rows, at least 1.</param>
public readonly record struct PixelBox(int X, int Y, int Width, int Height)
{
    /// <summary>The box of one row's pixels.</summary>
    public static PixelBox Of(PixelSpan span, int y) => new(span.Start, y, span.Length, 1);

    /// <summary>The smallest box that holds both.</summary>
    public PixelBox Around(PixelBox other)
    {
        int left = Math.Min(X, other.X);
        int top = Math.Min(Y, other.Y);
        int right = Math.Max(X + Width, other.X + other.Width);
        int bottom = Math.Max(Y + Height, other.Y + other.Height);
        return new PixelBox(left, top, right - left, bottom - top);
    }
}
