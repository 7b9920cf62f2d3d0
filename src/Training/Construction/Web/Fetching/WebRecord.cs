using InstructDiffusion.Training.Construction.Web.Pictures;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>What is kept of an address beside its body.</summary>
internal sealed record WebRecord
{
    /// <summary>What was asked for.</summary>
    public required string Url { get; init; }

    /// <summary>Where redirects led.</summary>
    public required string FinalUrl { get; init; }

    /// <summary>When it was answered, or last confirmed.</summary>
    public required DateTimeOffset FetchedAt { get; init; }

    /// <summary>HTTP status; 0 where there was none.</summary>
    public int Status { get; init; }

    /// <summary>SHA-256 of the body, lower-case hexadecimal; null where it was refused.</summary>
    public string? Sha256 { get; init; }

    /// <summary>What the host calls it; believed for a page's characters alone.</summary>
    public string? MediaType { get; init; }

    /// <summary>Validator, as the host wrote it.</summary>
    public string? Etag { get; init; }

    /// <summary>Validator.</summary>
    public DateTimeOffset? LastModified { get; init; }

    /// <summary>What was found out of a picture; null for what is none.</summary>
    public PictureNote? Picture { get; init; }

    /// <summary>Why it is not used; null where it is.</summary>
    public string? Refused { get; init; }

    /// <summary>The same with values.</summary>
    public string? Detail { get; init; }
}
