using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Replay;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Edits;

/// <summary>A request that was read, decoded and found valid.</summary>
/// <param name="Request">The edit; of several, the first.</param>
/// <param name="Alpha">The source's transparency, put back on a PNG or WebP answer.</param>
/// <param name="OutputFormat">The field <c>output_format</c>, if given.</param>
internal sealed record EditOrder(EditRequest Request, byte[]? Alpha, ImageFileFormat? OutputFormat)
{
    private const long Seeds = 1L << 32;

    /// <summary>Pictures to make, at least 1.</summary>
    public int Count { get; init; } = 1;

    /// <summary>Where the source may change; null for everywhere.</summary>
    public EditMask? Mask { get; init; }

    /// <summary>Quality of a JPEG or WebP answer, 1 to 100.</summary>
    public int Quality { get; init; } = ImageCodec.DefaultQuality;

    /// <summary>Whether equal edits' results will do.</summary>
    public EditReuse Reuse { get; init; }

    /// <summary>Time in which the pictures' files were read.</summary>
    public TimeSpan DecodeTime { get; init; }

    /// <summary>How it wants to be served.</summary>
    public EditTicketOptions Terms { get; init; } = new();

    /// <summary>Writes into a PNG answer how it was made; null when it is to tell nothing.</summary>
    public PictureStamp? Stamp { get; init; }

    /// <summary>Steps between two previews; 0 for none.</summary>
    public int PreviewEvery { get; init; }

    /// <summary>One request for each picture: they differ in the seed, which counts up and begins again at 0 after 2³² − 1.</summary>
    public IEnumerable<EditRequest> Requests =>
        Enumerable.Range(0, Count).Select(i => Request with { Seed = (Request.Seed + i) % Seeds });

    /// <summary>The picture to answer with: within the mask what the model made, elsewhere the source.</summary>
    public RgbImage Picture(EditResult result) => Mask?.Compose(Request.Image, result.Image) ?? result.Image;
}
