using System.ComponentModel.DataAnnotations;

namespace InstructDiffusion.Api.Configuration;

/// <summary>Section <c>Cache</c>: what is remembered so that it need not be computed again. All of it is memory; a restart forgets.</summary>
internal sealed class CacheOptions
{
    public const string Section = "Cache";

    private const long Megabyte = 1_000_000;

    /// <summary>Finished pictures, uncompressed; 0 keeps none. One of 1024x1024 takes 3 MB.</summary>
    [Range(0, 100_000)]
    public int ResultMegabytes { get; init; } = 256;

    /// <summary>How long a finished picture is kept at most.</summary>
    [Range(1, 10_080)]
    public int ResultMinutes { get; init; } = 60;

    /// <summary>Encoded instructions, on the engine's device; 0 keeps none. One of Stable Diffusion 1 takes 0.24 MB.</summary>
    [Range(0, 100_000)]
    public int TextMegabytes { get; init; } = 32;

    /// <summary>Encoded source pictures, on the engine's device; 0 keeps none. One of 512x512 takes 0.07 MB.</summary>
    [Range(0, 100_000)]
    public int SourceMegabytes { get; init; } = 32;

    /// <summary>Whether equal edits that are asked for at the same time run once.</summary>
    public bool Coalesce { get; init; } = true;

    /// <summary>
    /// Whether results are shared between callers. Whoever asks gets the same bytes either way, but could tell by the time it
    /// takes that another caller has asked for this very edit of this very picture.
    /// </summary>
    public bool ShareBetweenCallers { get; init; }

    internal long ResultBytes => ResultMegabytes * Megabyte;

    internal long TextBytes => TextMegabytes * Megabyte;

    internal long SourceBytes => SourceMegabytes * Megabyte;
}
