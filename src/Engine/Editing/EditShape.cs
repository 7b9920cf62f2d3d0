using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Editing;

/// <summary>How much work an edit is, found from its parameters alone.</summary>
/// <param name="WorkingSize">The model's canvas in pixels.</param>
/// <param name="Rows">UNet rows in each step, 1 to 3.</param>
/// <param name="Steps">Model evaluations, at least 1.</param>
public readonly record struct EditShape(ImageSize WorkingSize, int Rows, int Steps)
{
    /// <summary>Canvas pixels times rows: what one step's time and memory grow with.</summary>
    public long StepPixels => WorkingSize.PixelCount * Rows;
}
