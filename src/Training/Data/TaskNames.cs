namespace InstructDiffusion.Training.Data;

/// <summary>The kinds of task, as curves, figures and files of phrasings name them.</summary>
public static class TaskNames
{
    /// <summary>Draw discs at the joints of a person.</summary>
    public const string Keypoints = "keypoints";

    /// <summary>Cover everything of a class half with a colour.</summary>
    public const string Segmentation = "segmentation";

    /// <summary>Cover half with a colour what a phrase refers to.</summary>
    public const string ReferringSegmentation = "referring_segmentation";

    /// <summary>Take blur away.</summary>
    public const string Deblur = "deblur";

    /// <summary>Take noise away.</summary>
    public const string Denoise = "denoise";

    /// <summary>Take a watermark away.</summary>
    public const string Watermark = "watermark";

    /// <summary>Whatever an instruction says.</summary>
    public const string Editing = "editing";
}
