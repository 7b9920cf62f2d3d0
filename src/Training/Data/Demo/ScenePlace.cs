namespace InstructDiffusion.Training.Data.Demo;

/// <summary>A cell of the 3×3 grid over a picture.</summary>
public enum ScenePlace
{
    /// <summary>The top left corner.</summary>
    TopLeft,

    /// <summary>The middle of the upper side.</summary>
    Top,

    /// <summary>The top right corner.</summary>
    TopRight,

    /// <summary>The middle of the left side.</summary>
    Left,

    /// <summary>The middle.</summary>
    Center,

    /// <summary>The middle of the right side.</summary>
    Right,

    /// <summary>The bottom left corner.</summary>
    BottomLeft,

    /// <summary>The middle of the lower side.</summary>
    Bottom,

    /// <summary>The bottom right corner.</summary>
    BottomRight,
}
