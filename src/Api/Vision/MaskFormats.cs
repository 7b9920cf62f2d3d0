namespace InstructDiffusion.Api.Vision;

/// <summary>In which forms a mask is told.</summary>
internal sealed record MaskFormats
{
    /// <summary>What each name of <c>formats</c> adds.</summary>
    public static IReadOnlyDictionary<string, Func<MaskFormats, MaskFormats>> ByName { get; } =
        new OrderedDictionary<string, Func<MaskFormats, MaskFormats>>(StringComparer.Ordinal)
        {
            ["mask"] = formats => formats with { Mask = true },
            ["rle"] = formats => formats with { Rle = true },
            ["rle_counts"] = formats => formats with { RleCounts = true },
            ["polygons"] = formats => formats with { Polygons = true },
        };

    /// <summary>A grey PNG: 255 inside, 0 outside.</summary>
    public bool Mask { get; init; }

    /// <summary>COCO's run lengths as compressed text.</summary>
    public bool Rle { get; init; }

    /// <summary>COCO's run lengths as numbers.</summary>
    public bool RleCounts { get; init; }

    /// <summary>Outlines along the sides of pixels.</summary>
    public bool Polygons { get; init; }
}
