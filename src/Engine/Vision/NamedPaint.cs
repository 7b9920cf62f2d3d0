namespace InstructDiffusion.Engine.Vision;

/// <summary>A colour and the word that instructions use for it.</summary>
/// <param name="Name">Lower case, one word.</param>
/// <param name="Color">The colour.</param>
public sealed record NamedPaint(string Name, PaintColor Color);
