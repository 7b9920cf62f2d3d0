namespace InstructDiffusion.Engine.Vision;

/// <summary>Pixels of one row that lie side by side.</summary>
/// <param name="Start">Column of the first.</param>
/// <param name="End">One behind the column of the last.</param>
public readonly record struct PixelSpan(int Start, int End)
{
    /// <summary>How many they are.</summary>
    public int Length => End - Start;
}
