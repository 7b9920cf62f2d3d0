using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Api.Vision;

/// <summary>The boxes around what was found. Positions are in pixels of the upright picture from its top left corner.</summary>
internal sealed record DetectAnswer
{
    /// <summary>Whether there is any box.</summary>
    public required bool Found { get; init; }

    /// <summary>What was asked for; absent with an instruction of the client's own.</summary>
    public string? Target { get; init; }

    public required int Width { get; init; }
    public required int Height { get; init; }

    /// <summary>One for each piece of the mask, the surest first.</summary>
    public required IReadOnlyList<BoxAnswer> Boxes { get; init; }

    /// <summary>The painted picture, a PNG of the size the model worked at, in base64.</summary>
    public byte[]? RawImage { get; init; }

    /// <summary>What was asked of the model.</summary>
    public required PaintInfo Paint { get; init; }

    /// <summary>How it worked.</summary>
    public required PaintFacts Work { get; init; }

    /// <summary>Reads the boxes.</summary>
    public static DetectAnswer Of(PaintedEdits painted)
    {
        using StageMetrics.RunningStage stage = StageMetrics.Begin(EditStage.Encode);
        ImageSize size = painted.Order.Source;
        (_, IReadOnlyList<MaskPiece> pieces) = painted.ReadMask().At(size);
        PaintEdit edit = painted.Order.Edits[0];
        return new DetectAnswer
        {
            Found = pieces.Count > 0,
            Target = edit.Name,
            Width = size.Width,
            Height = size.Height,
            Boxes =
            [
                .. pieces
                    .OrderByDescending(piece => piece.Confidence)
                    .Select(piece => new BoxAnswer(
                        [piece.Box.X, piece.Box.Y, piece.Box.Width, piece.Box.Height],
                        Math.Round(piece.Confidence, 4),
                        AreaInfo.Of(piece.Area, size)
                    )),
            ],
            RawImage = painted.RawImage(0),
            Paint = PaintInfo.Of(edit, painted.DroppedTokens(0)),
            Work = painted.Facts(stage.Elapsed),
        };
    }
}

/// <summary>One box.</summary>
/// <param name="Box">x, y, width and height.</param>
/// <param name="Score">How clearly its piece of the mask is painted, 0…1; not how probable it is that it is the right thing.</param>
/// <param name="Area">How much of the picture that piece covers.</param>
internal sealed record BoxAnswer(IReadOnlyList<int> Box, double Score, AreaInfo Area);
