namespace InstructDiffusion.Engine.Imaging;

/// <summary>How a level between two whole ones becomes a byte.</summary>
public enum PixelRounding
{
    /// <summary>To the nearest, halves to even: diffusers' way, and the default.</summary>
    Nearest,

    /// <summary>Down: the authors' way, half a level darker on average.</summary>
    Truncate,
}
