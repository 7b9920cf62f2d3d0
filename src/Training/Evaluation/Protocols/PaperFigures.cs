namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>
/// What the paper's tables state (arXiv 2309.03895v1, tables 2 to 5), to be set beside what is measured. Theirs are of whole sets, with
/// post-processing of their own and settings they do not tell; a small sample's figure is only to be compared with its interval.
/// </summary>
internal static class PaperFigures
{
    private const string Ours = "InstructDiffusion (paper)";
    private const string Bound = "its autoencoder (paper)";

    private static readonly string[] _referringMethods = ["LAVT", "ReLA", "Unified-IO", Ours];
    private static readonly string[] _semanticMethods =
    [
        "SimSeg",
        "OvSeg",
        "SAN",
        "Painter",
        "PromptDiffusion",
        "Unified-IO",
        Ours,
    ];

    /// <summary>The stated figures for a measured one; empty where there are none.</summary>
    /// <param name="protocol">Of <see cref="ProtocolNames"/>.</param>
    /// <param name="set">The data set's kind, and <c>humanart</c>, <c>ap10k</c>, <c>refcoco+</c> or <c>refcocog</c> where the annotations are theirs.</param>
    /// <param name="split">The part.</param>
    /// <param name="figure">By its name.</param>
    public static IReadOnlyList<PaperFigure> Of(string protocol, string set, string split, string figure) =>
        (protocol, set, split, figure) switch
        {
            (ProtocolNames.Keypoints, "coco_keypoints", "val2017", "ap") => Poses(80.2, 82.0, 25.0, 70.2, 71.2),
            (ProtocolNames.Keypoints, "humanart", _, "ap") => Poses(63.7, 64.1, 15.7, 12.4, 51.4),
            (ProtocolNames.Keypoints, "ap10k", _, "ap") => Poses(14.6, 14.7, 7.6, 15.3, 15.9),
            (ProtocolNames.Referring, _, _, "ciou") => Referring(set, split),
            (ProtocolNames.Semantic, _, _, "mciou") => Semantic(set, split),
            (ProtocolNames.Restoration, "gopro", _, "psnr") => Restored(
                "NAFNet",
                33.71,
                24.52,
                22.71,
                22.64,
                24.16,
                23.58,
                29.54
            ),
            (ProtocolNames.Restoration, "sidd", _, "psnr") =>
            [
                new("Painter", 38.66),
                .. Restored("NAFNet", 40.30, 23.29, 15.14, 16.10, 24.48, 34.26, 36.56),
            ],
            (ProtocolNames.Restoration, "clwd", _, "psnr") => Restored(
                "WDNet",
                40.24,
                18.31,
                14.96,
                15.46,
                19.88,
                23.60,
                24.80
            ),
            (ProtocolNames.Editing, _, "replacement", "clip_sim") => Edits(30.71, 29.61, 30.50, 29.91, 30.19),
            (ProtocolNames.Editing, _, "removal", "clip_sim") => Edits(29.69, 28.82, 29.07, 29.33, 28.88),
            (ProtocolNames.Editing, _, "addition", "clip_sim") => Edits(30.14, 30.11, 30.69, 30.19, 30.39),
            (ProtocolNames.Editing, _, "replacement", "aesthetic") => Edits(5.04, 4.99, 4.94, 4.91, 4.90),
            (ProtocolNames.Editing, _, "removal", "aesthetic") => Edits(4.80, 4.69, 4.67, 4.80, 4.65),
            (ProtocolNames.Editing, _, "addition", "aesthetic") => Edits(4.95, 4.94, 4.90, 4.93, 4.87),
            _ => [],
        };

    private static IReadOnlyList<PaperFigure> Referring(string set, string split) =>
        (set, split) switch
        {
            ("grefcoco", "val") => Rows(_referringMethods, 57.64, 62.42, 17.31, 67.36),
            ("refcoco", "val") => Rows(_referringMethods, 72.73, 73.21, 46.42, 61.74),
            ("refcoco", "testA") => Rows(_referringMethods, 75.82, 75.24, 46.06, 65.20),
            ("refcoco", "testB") => Rows(_referringMethods, 68.79, 68.72, 48.05, 60.17),
            ("refcoco+", "val") => Rows(_referringMethods, 56.86, 56.10, 40.50, 46.57),
            ("refcoco+", "testA") => Rows(_referringMethods, 62.29, 62.26, 42.17, 52.32),
            ("refcoco+", "testB") => Rows(_referringMethods, 48.14, 47.89, 40.15, 39.04),
            ("refcocog_umd", "val") => Rows(_referringMethods, 58.65, 59.71, 48.74, 51.17),
            ("refcocog_umd", "test") => Rows(_referringMethods, 59.17, 60.40, 49.13, 52.02),
            ("refcocog_google", "val") => Rows(_referringMethods, 61.16, 61.37, 44.30, 52.18),
            ("refclef", "val") => Rows(_referringMethods, 21.22, 20.68, 40.13, 49.58),
            ("refclef", "testA") => Rows(_referringMethods, 44.77, 43.08, 43.33, 54.73),
            ("refclef", "testB") => Rows(_referringMethods, 24.78, 22.57, 48.07, 54.82),
            ("refclef", "testC") => Rows(_referringMethods, 47.08, 45.94, 32.47, 40.34),
            _ => [],
        };

    // Painter was trained on ADE20K's 150 classes.
    private static IReadOnlyList<PaperFigure> Semantic(string set, string split) =>
        (set, split) switch
        {
            ("ade20k_847", _) => Rows(_semanticMethods, 10.43, 13.85, 18.84, 5.00, 0.99, 8.96, 19.68),
            ("pascal_context_459", _) => Rows(_semanticMethods, 13.98, 22.72, 33.32, 8.68, 2.19, 13.69, 28.29),
            ("ade20k", "validation") => Rows(_semanticMethods, 25.89, 36.50, 38.79, 54.50, 8.97, 15.65, 33.62),
            ("pascal_context", "val") => Rows(_semanticMethods, 53.55, 60.93, 63.31, 33.67, 13.07, 27.21, 59.00),
            ("pascal_voc", "val") => Rows(_semanticMethods, 39.27, 38.50, 46.14, 4.67, 11.69, 31.46, 72.55),
            ("coco_stuff", "val2017") => Rows(_semanticMethods, 40.26, 48.76, 50.15, 11.91, 2.71, 22.52, 53.17),
            _ => [],
        };

    private static IReadOnlyList<PaperFigure> Poses(params double[] values) =>
        Rows(["PCT", "ViTPose", "Unified-IO", "Painter", Ours], values);

    private static IReadOnlyList<PaperFigure> Restored(string specialist, params double[] values) =>
        Rows([specialist, "Null-text", "InstructPix2Pix", "MagicBrush", "EDICT", Ours, Bound], values);

    private static IReadOnlyList<PaperFigure> Edits(params double[] values) =>
        Rows(["Null-text", "InstructPix2Pix", "MagicBrush", "EDICT", Ours], values);

    private static IReadOnlyList<PaperFigure> Rows(string[] methods, params double[] values) =>
        [.. methods.Zip(values, (method, value) => new PaperFigure(method, value))];
}
