namespace InstructDiffusion.Engine.Imaging;

/// <summary>
/// Where points of the source lie on the canvas: x' = x * scale + offset on each axis. Coordinates are continuous: 0 is the first
/// pixel's outer edge, 0.5 its centre.
/// </summary>
/// <param name="ScaleX">Canvas pixels for a source pixel, horizontally.</param>
/// <param name="ScaleY">Canvas pixels for a source pixel, vertically.</param>
/// <param name="OffsetX">Where the source's left edge lies on the canvas; negative when it is cut off.</param>
/// <param name="OffsetY">Where the source's upper edge lies on the canvas.</param>
public readonly record struct CanvasMap(double ScaleX, double ScaleY, double OffsetX, double OffsetY)
{
    /// <summary>A point of the source, on the canvas.</summary>
    public (double X, double Y) ToCanvas(double x, double y) => ((x * ScaleX) + OffsetX, (y * ScaleY) + OffsetY);

    /// <summary>A point of the canvas, in the source; outside the source's sides where the canvas shows padding.</summary>
    public (double X, double Y) ToSource(double x, double y) => ((x - OffsetX) / ScaleX, (y - OffsetY) / ScaleY);
}
