using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>A figure: its name in reports, its unit, and which way is better.</summary>
/// <param name="Name">In JSON.</param>
/// <param name="Title">For people.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="IsHigherBetter">False for rates of failure.</param>
/// <param name="IsGoal">False for what only describes: neither more nor less of it is better.</param>
internal sealed record FigureKind(
    string Name,
    string Title,
    string Unit,
    bool IsHigherBetter = true,
    bool IsGoal = true
)
{
    /// <summary>Sum of all intersections over sum of all unions.</summary>
    public static FigureKind CumulativeIou { get; } = new("ciou", "mask cIoU", "%");

    /// <summary>Mean of the pictures' IoU.</summary>
    public static FigureKind MeanIou { get; } = new("miou", "mask mIoU", "%");

    /// <summary>Pictures without the object in which something is marked all the same.</summary>
    public static FigureKind FalseAlarms { get; } = new("false_alarms", "false alarms", "%", IsHigherBetter: false);

    /// <summary>Points within a twentieth of the picture's side.</summary>
    public static FigureKind Pck05 { get; } = new("pck_05", "PCK@0.05", "%");

    /// <summary>Points within a tenth of the picture's side.</summary>
    public static FigureKind Pck10 { get; } = new("pck_10", "PCK@0.1", "%");

    /// <summary>Over the whole picture.</summary>
    public static FigureKind Psnr { get; } = new("psnr", "PSNR", "dB");

    /// <summary>Where source and target differ.</summary>
    public static FigureKind PsnrInside { get; } = new("psnr_inside", "PSNR of the changed region", "dB");

    /// <summary>Where they do not.</summary>
    public static FigureKind PsnrOutside { get; } = new("psnr_outside", "PSNR of the rest", "dB");

    /// <summary>Mean over classes of the sum of a class's intersections over that of its unions.</summary>
    public static FigureKind MeanClassIou { get; } = new("mciou", "mcIoU", "%");

    /// <summary>Joints within half the length of the head.</summary>
    public static FigureKind Pckh { get; } = new("pckh_50", "PCKh@0.5", "%");

    /// <summary>COCO's average precision of keypoints.</summary>
    public static FigureKind Ap { get; } = new("ap", "AP", "%");

    /// <summary>At a similarity of 0.50.</summary>
    public static FigureKind Ap50 { get; } = new("ap_50", "AP50", "%");

    /// <summary>At 0.75.</summary>
    public static FigureKind Ap75 { get; } = new("ap_75", "AP75", "%");

    /// <summary>Of persons of 32² to 96² pixels.</summary>
    public static FigureKind ApMedium { get; } = new("ap_medium", "AP medium", "%");

    /// <summary>Of larger ones.</summary>
    public static FigureKind ApLarge { get; } = new("ap_large", "AP large", "%");

    /// <summary>COCO's average recall of keypoints.</summary>
    public static FigureKind Ar { get; } = new("ar", "AR", "%");

    /// <summary>Structural similarity.</summary>
    public static FigureKind Ssim { get; } = new("ssim", "SSIM", "");

    /// <summary>Perceptual distance.</summary>
    public static FigureKind Lpips { get; } = new("lpips", "LPIPS", "", IsHigherBetter: false);

    /// <summary>Likeness of the answer and the caption of what was asked for.</summary>
    public static FigureKind ClipSim { get; } = new("clip_sim", "CLIP-Sim", "");

    /// <summary>LAION's aesthetic score.</summary>
    public static FigureKind Aesthetic { get; } = new("aesthetic", "aesthetic score", "");

    /// <summary>Likeness of the answer and the source: high for answers that change little.</summary>
    public static FigureKind ClipImage { get; } = new("clip_image", "CLIP-I to the source", "", IsGoal: false);

    /// <summary>Mean change of a channel.</summary>
    public static FigureKind MeanChange { get; } = new("mean_change", "mean change (L1)", "", IsGoal: false);

    private static readonly FigureKind[] _all =
    [
        .. (FigureKind[])
            [CumulativeIou, MeanIou, FalseAlarms, Pck05, Pck10, Psnr, PsnrInside, PsnrOutside, MeanClassIou],
        .. (FigureKind[])[Pckh, Ap, Ap50, Ap75, ApMedium, ApLarge, Ar, Ssim, Lpips, ClipSim, Aesthetic, ClipImage],
        MeanChange,
    ];

    /// <summary>The title of a figure of this name.</summary>
    public static string TitleOf(string name) =>
        _all.First(kind => string.Equals(kind.Name, name, StringComparison.Ordinal)).Title;

    /// <summary>The figures of a task; the first one decides whether it is done better than by doing nothing.</summary>
    /// <param name="task">One of <see cref="DemoTask"/>.</param>
    public static IReadOnlyList<FigureKind> Of(string task) =>
        task switch
        {
            DemoTask.Segmentation => [CumulativeIou, MeanIou, FalseAlarms],
            DemoTask.Keypoints => [Pck05, Pck10],
            DemoTask.Removal or DemoTask.Addition or DemoTask.Replacement or DemoTask.Recolouring =>
            [
                Psnr,
                PsnrInside,
                PsnrOutside,
            ],
            _ => [Psnr],
        };
}
