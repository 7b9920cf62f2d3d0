namespace InstructDiffusion.Engine.Vision;

/// <summary>The colour that an instruction asked the model to paint with, 0…255 each.</summary>
public readonly record struct PaintColor(byte Red, byte Green, byte Blue);
