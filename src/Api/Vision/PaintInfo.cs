using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Api.Vision;

/// <summary>What was asked of the model.</summary>
internal sealed record PaintInfo
{
    /// <summary>The instruction, as the model was given it.</summary>
    public required string Instruction { get; init; }

    /// <summary>Tokens of it that did not fit and were dropped.</summary>
    public required int DroppedTokens { get; init; }

    /// <summary>The colour's word, if it has one.</summary>
    public string? Color { get; init; }

    /// <summary>The colour as <c>#rrggbb</c>.</summary>
    public required string ColorHex { get; init; }

    public static PaintInfo Of(PaintEdit edit, int droppedTokens) =>
        new()
        {
            Instruction = edit.Request.Instruction,
            DroppedTokens = droppedTokens,
            Color = edit.ColorName,
            ColorHex = PaintPalette.ToHex(edit.Color),
        };
}
