using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>All that is known of a pair: what a figure is measured against. Masks and opacities have one entry a pixel, row by row.</summary>
public sealed record DemoTruth
{
    /// <summary>One of <see cref="DemoTask"/>.</summary>
    public required string Task { get; init; }

    /// <summary>What the scene is made of.</summary>
    public required SceneSpec Spec { get; init; }

    /// <summary>What the model is given.</summary>
    public required RgbImage Source { get; init; }

    /// <summary>What it should answer.</summary>
    public required RgbImage Target { get; init; }

    /// <summary>The scene before any mark, change or damage.</summary>
    public required RgbImage Clean { get; init; }

    /// <summary>
    /// Visible opacity of the object meant (for addition and replacement, of the one put in), 0…1; null when no object is.
    /// </summary>
    public float[]? Alpha { get; init; }

    /// <summary>Where <see cref="Alpha"/> is above one half; null when no object is meant.</summary>
    public bool[]? Mask { get; init; }

    /// <summary>Where the marked part lies, pixels from the left; null for other tasks.</summary>
    public int? KeypointX { get; init; }

    /// <summary>Where the marked part lies, pixels from the top; null for other tasks.</summary>
    public int? KeypointY { get; init; }

    /// <summary>Radius of the disc, pixels; 0 for other tasks.</summary>
    public int KeypointRadius { get; init; }

    /// <summary>Colour of the overlay, the disc or the recolouring; null for other tasks.</summary>
    public NamedColor? Color { get; init; }

    /// <summary>Where source and target may differ: all of it for restoration, nothing when nothing is to be done.</summary>
    public required bool[] Region { get; init; }
}
