namespace InstructDiffusion.Engine.Editing;

/// <summary>Values that work for one kind of task.</summary>
public sealed record TaskPreset
{
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
}
