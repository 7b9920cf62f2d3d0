namespace InstructDiffusion.Training.Data.Demo;

/// <summary>A part of an object that can be pointed at.</summary>
public enum ObjectPart
{
    /// <summary>The middle of the box around it.</summary>
    Center,

    /// <summary>Its highest place.</summary>
    Top,

    /// <summary>Its lowest place.</summary>
    Bottom,

    /// <summary>Its leftmost place.</summary>
    LeftEdge,

    /// <summary>Its rightmost place.</summary>
    RightEdge,
}
