using System.ComponentModel.DataAnnotations;

namespace InstructDiffusion.Api.Configuration;

/// <summary>Section <c>Limits</c>: the largest request that is read.</summary>
internal sealed class LimitsOptions : IValidatableObject
{
    public const string Section = "Limits";

    /// <summary>Largest request body in bytes.</summary>
    [Range(1_024, 1_000_000_000)]
    public long MaxBodyBytes { get; init; } = 50_000_000;

    /// <summary>Most pixels of a source picture, width times height; checked before it is decoded.</summary>
    [Range(1, 200_000_000)]
    public long MaxPixels { get; init; } = 40_000_000;

    /// <summary>Longest side of a source picture in pixels.</summary>
    [Range(1, 65_535)]
    public int MaxSide { get; init; } = 16_384;

    /// <summary>Most pixels of the canvas that <c>size</c> may ask the model to work at.</summary>
    [Range(64 * 64, 4_096 * 4_096)]
    public long MaxCanvasPixels { get; init; } = 1_024 * 1_024;

    /// <summary>Canvases up to this many pixels are encoded and decoded in one piece, larger ones in tiles to save memory.</summary>
    [Range(512 * 512, 4_096 * 4_096)]
    public long MaxWholePixels { get; init; } = 1_024 * 1_024;

    /// <summary>Bytes that bodies hold in memory in all, until they are decoded; at least one must fit.</summary>
    [Range(1_024, 100_000_000_000)]
    public long MaxUploadBytes { get; init; } = 500_000_000;

    /// <summary>Requests whose pictures are decoded at the same time; the next ones wait up to <see cref="UploadSeconds"/>.</summary>
    [Range(1, 1_000)]
    public int MaxUploads { get; init; } = 16;

    /// <summary>Seconds that one body may take to arrive.</summary>
    [Range(1, 3_600)]
    public int UploadSeconds { get; init; } = 60;

    /// <summary>Bytes a second at which a body must arrive after <see cref="UploadGraceSeconds"/>, on average.</summary>
    [Range(1, 1_000_000_000)]
    public int MinUploadBytesPerSecond { get; init; } = 1_000;

    /// <summary>Seconds for which a body may be slower.</summary>
    [Range(2, 3_600)]
    public int UploadGraceSeconds { get; init; } = 5;

    /// <summary>Seconds in which a request's head must arrive.</summary>
    [Range(1, 600)]
    public int HeadSeconds { get; init; } = 15;

    /// <summary>Connections at once; more are closed as they come.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; init; } = 2_000;

    /// <summary>Bytes of server-sent events that may wait for one client; one that lets more wait is dropped.</summary>
    [Range(1_024, 1_000_000_000)]
    public int StreamBufferBytes { get; init; } = 4_000_000;

    /// <summary>Seconds in which a client of an event stream must take the next 32 KiB; one that does not is dropped.</summary>
    [Range(1, 3_600)]
    public int StreamStallSeconds { get; init; } = 30;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MaxUploadBytes < MaxBodyBytes)
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(MaxUploadBytes)} is {MaxUploadBytes}, less than {nameof(MaxBodyBytes)}, {MaxBodyBytes}."
            );
        }
    }
}
