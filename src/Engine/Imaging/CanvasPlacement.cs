namespace InstructDiffusion.Engine.Imaging;

/// <summary>How a picture is put on a canvas of another aspect.</summary>
public enum CanvasPlacement
{
    /// <summary>The default: the whole picture, scaled evenly and centred; the rest is filled with its mirror image and cut off again.</summary>
    Pad,

    /// <summary>The authors' way: the canvas is filled and what overhangs is cut off, on the way back as well (two centre crops).</summary>
    Crop,
}
