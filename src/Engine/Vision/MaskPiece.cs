namespace InstructDiffusion.Engine.Vision;

/// <summary>Pixels of a mask that hang together, at sides or corners.</summary>
/// <param name="Box">The smallest box around them.</param>
/// <param name="Area">How many they are.</param>
/// <param name="Confidence">How clearly they are painted and the rest of the picture is not, 0…1; see <see cref="PaintedMask"/>.</param>
public sealed record MaskPiece(PixelBox Box, long Area, double Confidence);
