namespace InstructDiffusion.Training.Data.Demo;

/// <summary>All that decides the pixels of a pair, without pixels: cheap to draw, to word and to compare.</summary>
public sealed record SceneSpec
{
    /// <summary>One of <see cref="DemoTask"/>.</summary>
    public required string Task { get; init; }

    /// <summary>What is behind everything.</summary>
    public required PhotographCrop Background { get; init; }

    /// <summary>From back to front.</summary>
    public required IReadOnlyList<SceneObject> Objects { get; init; }

    /// <summary>Index in <see cref="Objects"/> of the one meant; −1 when none is.</summary>
    public int Subject { get; init; } = -1;

    /// <summary>The noun asked for when nothing of that name is in the scene (segmentation): the picture stays as it is.</summary>
    public DemoNoun? Absent { get; init; }

    /// <summary>The colour of the overlay, of the disc or to be taken on.</summary>
    public NamedColor? Color { get; init; }

    /// <summary>The part to be marked (keypoints).</summary>
    public ObjectPart Part { get; init; }

    /// <summary>The object that the target has and the source has not (addition, replacement).</summary>
    public SceneObject? Inserted { get; init; }

    /// <summary>Where <see cref="Inserted"/> goes (addition).</summary>
    public ScenePlace Place { get; init; } = ScenePlace.Center;

    /// <summary>What spoils the source (denoise, deblur, watermark).</summary>
    public Degradation? Degradation { get; init; }
}
