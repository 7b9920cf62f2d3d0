namespace InstructDiffusion.Training.Data.Demo;

/// <summary>How a picture is spoilt.</summary>
public enum DegradationKind
{
    /// <summary>Gaussian noise, each channel by itself.</summary>
    ColorNoise,

    /// <summary>Gaussian noise, the channels alike.</summary>
    GrayNoise,

    /// <summary>Pixels turned black or white.</summary>
    SaltAndPepper,

    /// <summary>Gaussian blur.</summary>
    GaussianBlur,

    /// <summary>Blur along a line.</summary>
    MotionBlur,

    /// <summary>One large half-transparent word.</summary>
    Word,

    /// <summary>A small half-transparent word again and again.</summary>
    Words,

    /// <summary>Half-transparent stripes.</summary>
    Stripes,
}
