using InstructDiffusion.Api.Edits;

namespace InstructDiffusion.Api.Replay;

/// <summary>The fields of POST /v1/replay.</summary>
internal static class ReplayField
{
    public static readonly EditField Image = EditField.Image with
    {
        Description = "A PNG that this program made, unchanged: it carries the record of how.",
    };

    public static readonly EditField Source = new(
        "source",
        EditFieldType.Image,
        "The file that it was made of, byte for byte."
    );

    public static readonly EditField Mask = EditField.Mask with
    {
        Description = "The mask's file, byte for byte, of a picture that was made with one.",
    };

    public static readonly EditField Instruction = EditField.Instruction with
    {
        Description = "The instruction, where the record is minimal and does not hold it.",
        Example = null,
    };

    public static readonly EditField NegativeInstruction = EditField.NegativeInstruction with
    {
        Description = "The negative instruction, where the record is minimal and there was one.",
    };

    /// <summary>Those that say what to replay.</summary>
    public static IReadOnlyList<EditField> Own { get; } = [Image, Source, Mask, Instruction, NegativeInstruction];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<EditField> All { get; } = [.. Own, EditField.Priority, EditField.DeadlineMs];
}
