using InstructDiffusion.Api.Edits;

namespace InstructDiffusion.Api.Vision;

/// <summary>The fields of the vision routes, besides those that they have in common with edits.</summary>
internal static class VisionField
{
    public const int LongestTarget = 200;

    /// <summary>Most points of one request; COCO's person has 17.</summary>
    public const int MostPoints = 20;

    public static readonly EditField Image = EditField.Image with
    {
        Description = "The picture: PNG, JPEG or WebP. A file in a form; base64, or a data: URL, in JSON.",
    };

    public static readonly EditField Target = new(
        "target",
        EditFieldType.Text,
        "What to find, in English, for example \"the cat on the left\". The model's own wording is put around it."
    )
    {
        Example = "the cat on the left",
    };

    public static readonly EditField Points = new(
        "points",
        EditFieldType.Texts,
        "The points to find, in English, for example \"left shoulder\": one edit for each, at most 20."
    )
    {
        Example = "left shoulder",
    };

    public static readonly EditField Instruction = EditField.Instruction with
    {
        Description =
            "A whole instruction in place of the model's wording, as the model was trained to read it. Works with models that do "
            + "not name this task, too.",
        Example = null,
    };

    public static readonly EditField Color = new(
        "color",
        EditFieldType.Text,
        "The colour to paint with: one of the names that the model was taught, or its #rrggbb; with an instruction of your own any "
            + "#rrggbb, if the instruction does not name a colour that is known. The one farthest from the picture's when absent."
    )
    {
        Example = "blue",
    };

    public static readonly EditField Formats = new(
        "formats",
        EditFieldType.Texts,
        "How a JSON answer tells the mask: mask (a PNG, the default), rle (COCO, compressed), rle_counts (COCO, uncompressed), "
            + "polygons."
    )
    {
        Choices = MaskFormats.ByName.Keys,
        Example = "rle",
    };

    public static readonly EditField RawImage = new(
        "raw_image",
        EditFieldType.Flag,
        "True to get the painted picture too, at the size the model worked at."
    );

    public static readonly EditField Kind = new("kind", EditFieldType.Text, "What to take away.")
    {
        Choices = VisionTask.Restorations.Keys,
    };

    /// <summary>How a request that is painted for wants to be served; half a painting is of no use.</summary>
    public static IReadOnlyList<EditField> Service { get; } = [EditField.Priority, EditField.DeadlineMs];

    /// <summary>How the model works, as in an edit.</summary>
    private static readonly IReadOnlyList<EditField> Work =
    [
        EditField.Steps,
        EditField.Seed,
        EditField.TextGuidanceScale,
        EditField.ImageGuidanceScale,
        EditField.Sampler,
        EditField.Size,
        EditField.NegativeInstruction,
        EditField.Eta,
        EditField.Determinism,
    ];

    /// <summary>Every field of POST /v1/vision/segment.</summary>
    public static IReadOnlyList<EditField> OfSegment { get; } =
    [Image, Target, Instruction, Color, Formats, RawImage, .. Work];

    /// <summary>Every field of POST /v1/vision/detect.</summary>
    public static IReadOnlyList<EditField> OfDetect { get; } = [Image, Target, Instruction, Color, RawImage, .. Work];

    /// <summary>Every field of POST /v1/vision/keypoints.</summary>
    public static IReadOnlyList<EditField> OfKeypoints { get; } =
    [Image, Points, Instruction, Color, RawImage, .. Work];

    /// <summary>Every field of POST /v1/vision/restore: those of an edit, of which the instruction is worded by the kind.</summary>
    public static IReadOnlyList<EditField> OfRestore { get; } =
    [Image, Kind, Instruction, .. EditField.All.Except([EditField.Image, EditField.Instruction])];

    /// <summary>The same with how it wants to be served.</summary>
    public static IReadOnlyList<EditField> OfRestoreRoute { get; } = [.. OfRestore, .. EditField.Service];

    /// <summary>Every field of any of them, each once.</summary>
    public static IReadOnlyList<EditField> All { get; } =
    [
        .. OfSegment
            .Concat(OfDetect)
            .Concat(OfKeypoints)
            .Concat(OfRestore)
            .DistinctBy(field => field.Key, StringComparer.Ordinal),
    ];
}
