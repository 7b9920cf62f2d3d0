using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data;

/// <summary>A picture and what it shows, in words.</summary>
/// <param name="Picture">The picture.</param>
/// <param name="Caption">The words.</param>
public sealed record CaptionedPicture(RgbImage Picture, string Caption);
