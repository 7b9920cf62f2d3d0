namespace InstructDiffusion.Engine.Vision;

/// <summary>
/// The outline of one piece of a mask along the sides of its pixels. Filled, it gives the piece's pixels again, exactly: a pixel is
/// in it when its centre is.
/// </summary>
/// <param name="Exterior">x and y of each corner in turn, clockwise on the screen, in pixels from the picture's top left corner.</param>
/// <param name="Holes">The outlines of the holes in it, counter-clockwise.</param>
/// <remarks>No outline crosses or touches itself; two may meet in a corner. Pixels that meet in a corner only are two pieces.</remarks>
public sealed record MaskPolygon(IReadOnlyList<int> Exterior, IReadOnlyList<IReadOnlyList<int>> Holes);
