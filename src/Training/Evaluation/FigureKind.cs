using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>A figure: its name in reports, its unit, and which way is better.</summary>
/// <param name="Name">In JSON.</param>
/// <param name="Title">For people.</param>
/// <param name="Unit">Of the value.</param>
/// <param name="IsHigherBetter">False for rates of failure.</param>
internal sealed record FigureKind(string Name, string Title, string Unit, bool IsHigherBetter = true)
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

    /// <summary>The title of a figure of this name.</summary>
    public static string TitleOf(string name) =>
        ((FigureKind[])[CumulativeIou, MeanIou, FalseAlarms, Pck05, Pck10, Psnr, PsnrInside, PsnrOutside])
            .First(kind => string.Equals(kind.Name, name, StringComparison.Ordinal))
            .Title;

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
