using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Editing;

/// <summary>Limits of an <see cref="EditPipeline"/> that belong to the machine rather than to a request.</summary>
public sealed record EditPipelineOptions
{
    /// <summary>Which canvases are refused.</summary>
    public WorkingSizeLimits WorkingSizeLimits { get; init; } = WorkingSizeLimits.Default;

    /// <summary>
    /// Canvases up to this many pixels are encoded and decoded in one piece, larger ones in tiles. One megapixel takes about
    /// 3 GB in fp32.
    /// </summary>
    public long MaxWholePixels { get; init; } = 1024 * 1024;

    /// <summary>Bytes of text states to remember for instructions that come again; 0 for none.</summary>
    public long TextCacheBytes { get; init; }

    /// <summary>Bytes of source latents to remember for pictures that come again; 0 for none.</summary>
    public long SourceCacheBytes { get; init; }
}
