using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Api.Vision;

/// <summary>What was segmented. Positions are in pixels of the upright picture from its top left corner.</summary>
internal sealed record SegmentAnswer
{
    /// <summary>Whether anything is painted clearly enough.</summary>
    public required bool Found { get; init; }

    /// <summary>How clear the paint is, 0…1; not how probable it is that the right thing was painted.</summary>
    public required double Confidence { get; init; }

    /// <summary>What was asked for; absent with an instruction of the client's own.</summary>
    public string? Target { get; init; }

    public required int Width { get; init; }
    public required int Height { get; init; }

    /// <summary>How much of the picture is in the mask.</summary>
    public required AreaInfo Area { get; init; }

    /// <summary>x, y, width and height of the smallest box around the mask; absent when nothing is found.</summary>
    public IReadOnlyList<int>? Box { get; init; }

    /// <summary>A grey PNG as large as the picture, 255 in the mask and 0 outside, in base64.</summary>
    public byte[]? Mask { get; init; }

    /// <summary>COCO's run lengths as compressed text.</summary>
    public CocoMask? Rle { get; init; }

    /// <summary>COCO's run lengths as numbers.</summary>
    public CocoCounts? RleCounts { get; init; }

    /// <summary>The outlines of the mask's pieces, along the sides of pixels.</summary>
    public IReadOnlyList<MaskPolygon>? Polygons { get; init; }

    /// <summary>The painted picture, a PNG of the size the model worked at, in base64.</summary>
    public byte[]? RawImage { get; init; }

    /// <summary>What was asked of the model.</summary>
    public required PaintInfo Paint { get; init; }

    /// <summary>How it worked.</summary>
    public required PaintFacts Work { get; init; }

    /// <summary>Reads the paint, and tells of the mask what is wanted.</summary>
    public static SegmentAnswer Of(PaintedEdits painted, MaskFormats formats)
    {
        using StageMetrics.RunningStage stage = StageMetrics.Begin(EditStage.Encode);
        MaskReading reading = painted.ReadMask();
        ImageSize size = painted.Order.Source;
        (PixelMask mask, _) = reading.At(size);
        CocoRle? rle = formats.Rle || formats.RleCounts ? CocoRle.Of(mask) : null;
        PaintEdit edit = painted.Order.Edits[0];
        return new SegmentAnswer
        {
            // A piece smaller than a pixel of the picture may be gone.
            Found = mask.Area > 0,
            Confidence = Math.Round(reading.Confidence, 4),
            Target = edit.Name,
            Width = size.Width,
            Height = size.Height,
            Area = AreaInfo.Of(mask.Area, size),
            Box = mask.Box is { } box ? [box.X, box.Y, box.Width, box.Height] : null,
            Mask = formats.Mask ? ImageCodec.EncodeGray(mask.ToGray(), size) : null,
            Rle = formats.Rle ? CocoMask.Of(rle!) : null,
            RleCounts = formats.RleCounts ? CocoCounts.Of(rle!) : null,
            Polygons = formats.Polygons ? MaskOutlines.Trace(mask) : null,
            RawImage = painted.RawImage(0),
            Paint = PaintInfo.Of(edit, painted.DroppedTokens(0)),
            Work = painted.Facts(stage.Elapsed),
        };
    }
}

/// <summary>A mask as COCO's tools read and write it, compressed.</summary>
/// <param name="Size">Height and width.</param>
/// <param name="Counts">The run lengths, compressed.</param>
internal sealed record CocoMask(IReadOnlyList<int> Size, string Counts)
{
    public static CocoMask Of(CocoRle rle) => new([rle.Height, rle.Width], rle.ToCompressed());
}

/// <summary>A mask as COCO's tools read and write it, uncompressed.</summary>
/// <param name="Size">Height and width.</param>
/// <param name="Counts">The run lengths: outside and inside in turn, column by column.</param>
internal sealed record CocoCounts(IReadOnlyList<int> Size, IReadOnlyList<int> Counts)
{
    public static CocoCounts Of(CocoRle rle) => new([rle.Height, rle.Width], rle.Counts);
}
