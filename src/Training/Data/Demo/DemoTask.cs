namespace InstructDiffusion.Training.Data.Demo;

/// <summary>The names of the demo's tasks, as recipes, curves and figures use them.</summary>
public static class DemoTask
{
    /// <summary>Cover an object half with a colour.</summary>
    public const string Segmentation = "segmentation";

    /// <summary>Draw a disc at a part of an object.</summary>
    public const string Keypoints = "keypoints";

    /// <summary>Show what is behind an object.</summary>
    public const string Removal = "removal";

    /// <summary>Put an object at a place.</summary>
    public const string Addition = "addition";

    /// <summary>Put another object in one's place.</summary>
    public const string Replacement = "replacement";

    /// <summary>Give an object another colour.</summary>
    public const string Recolouring = "recolouring";

    /// <summary>Take noise away.</summary>
    public const string Denoise = "denoise";

    /// <summary>Take blur away.</summary>
    public const string Deblur = "deblur";

    /// <summary>Take a watermark away.</summary>
    public const string Watermark = "watermark";

    /// <summary>How often each is drawn unless a recipe says otherwise; they sum to 1.</summary>
    public static IReadOnlyDictionary<string, double> DefaultWeights { get; } =
        new Dictionary<string, double>(StringComparer.Ordinal)
        {
            [Segmentation] = 0.26,
            [Keypoints] = 0.14,
            [Removal] = 0.14,
            [Addition] = 0.08,
            [Replacement] = 0.10,
            [Recolouring] = 0.08,
            [Denoise] = 0.07,
            [Deblur] = 0.06,
            [Watermark] = 0.07,
        };
}
