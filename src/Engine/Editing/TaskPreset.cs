namespace InstructDiffusion.Engine.Editing;

/// <summary>Values that work for one kind of task.</summary>
public sealed record TaskPreset
{
    /// <summary>In a template: what is meant.</summary>
    public const string TargetPlace = "{target}";

    /// <summary>In a template: the colour's name.</summary>
    public const string ColorPlace = "{color}";

    /// <summary>For example <c>segmentation</c>.</summary>
    public required string Name { get; init; }

    /// <summary>s_T.</summary>
    public required double TextGuidanceScale { get; init; }

    /// <summary>s_I.</summary>
    public required double ImageGuidanceScale { get; init; }

    /// <summary>Denoising steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Resolution in pixels for the size rule.</summary>
    public required int Resolution { get; init; }

    /// <summary>Instructions of this kind, as examples.</summary>
    public IReadOnlyList<string> Instructions { get; init; } = [];

    /// <summary>
    /// How instructions of this kind are worded, with <see cref="TargetPlace"/> and <see cref="ColorPlace"/> where the object meant
    /// and the colour to paint with belong; the first is used. Empty where any wording will do.
    /// </summary>
    public IReadOnlyList<string> Templates { get; init; } = [];

    /// <summary>
    /// Radius of the discs that the model marks points with, as a part of <see cref="Resolution"/>; null where it is not known.
    /// </summary>
    public double? DiscRadius { get; init; }
}
