using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Api.Vision;

/// <summary>Which points were found. Positions are in pixels of the upright picture from its top left corner.</summary>
internal sealed record KeypointsAnswer
{
    /// <summary>One for each that was asked for, in their order.</summary>
    public required IReadOnlyList<KeypointAnswer> Points { get; init; }

    public required int Width { get; init; }
    public required int Height { get; init; }

    /// <summary>How the model worked.</summary>
    public required PaintFacts Work { get; init; }

    /// <summary>Reads the points.</summary>
    public static KeypointsAnswer Of(PaintedEdits painted)
    {
        using StageMetrics.RunningStage stage = StageMetrics.Begin(EditStage.Encode);
        return new KeypointsAnswer
        {
            Points = [.. painted.Order.Edits.Select((edit, i) => KeypointAnswer.Of(painted, edit, i))],
            Width = painted.Order.Source.Width,
            Height = painted.Order.Source.Height,
            Work = painted.Facts(stage.Elapsed),
        };
    }
}

/// <summary>One point.</summary>
internal sealed record KeypointAnswer
{
    /// <summary>What was asked for; absent with an instruction of the client's own.</summary>
    public string? Name { get; init; }

    /// <summary>Whether it is marked clearly enough; there is no position otherwise.</summary>
    public required bool Found { get; init; }

    /// <summary>Pixels from the left side; the first pixel's centre is at 0.5.</summary>
    public double? X { get; init; }

    /// <summary>Pixels from the upper side.</summary>
    public double? Y { get; init; }

    /// <summary>Part of the disc that is painted, times the part of all the paint that lies there; 0…1.</summary>
    public required double Confidence { get; init; }

    /// <summary>The painted picture, a PNG of the size the model worked at, in base64.</summary>
    public byte[]? RawImage { get; init; }

    /// <summary>What was asked of the model.</summary>
    public required PaintInfo Paint { get; init; }

    public static KeypointAnswer Of(PaintedEdits painted, PaintEdit edit, int index)
    {
        (double X, double Y, double Confidence)? point = painted.ReadPoint(index);
        bool isFound = point?.Confidence >= PaintedKeypoint.LeastConfidence;
        return new KeypointAnswer
        {
            Name = edit.Name,
            Found = isFound,
            X = isFound ? Math.Round(point!.Value.X, 2) : null,
            Y = isFound ? Math.Round(point!.Value.Y, 2) : null,
            Confidence = Math.Round(point?.Confidence ?? 0, 4),
            RawImage = painted.RawImage(index),
            Paint = PaintInfo.Of(edit, painted.DroppedTokens(index)),
        };
    }
}
