using System.Text.Json;
using System.Text.Json.Serialization;

namespace InstructDiffusion.Api.Replay;

/// <summary>
/// How a picture was made, written into its PNG file as JSON: all that it takes to make it again. Documented in docs/vision.md; fields
/// are added, never changed.
/// </summary>
internal sealed record PictureRecord
{
    /// <summary>The PNG keyword that it stands under.</summary>
    public const string Keyword = "instructdiffusion";

    /// <summary>This form of it.</summary>
    public const int CurrentVersion = 1;

    private const int Longest = 64 * 1024;

    private static readonly JsonSerializerOptions Json = ApiJson.Configure(
        new JsonSerializerOptions
        {
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
        }
    );

    public required int Version { get; init; }

    /// <summary>Name and version of the program.</summary>
    public required string Software { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>SHA-256 of its weights; absent where it was not known in time.</summary>
    public string? WeightsSha256 { get; init; }

    /// <summary>Absent from a minimal record.</summary>
    public string? Instruction { get; init; }

    /// <summary>Absent when empty, and from a minimal record.</summary>
    public string? NegativeInstruction { get; init; }

    public required long Seed { get; init; }
    public required int Steps { get; init; }

    /// <summary>Steps that were taken; absent when all were, as they are unless a deadline came.</summary>
    public int? StepsDone { get; init; }

    public required string Sampler { get; init; }
    public required double TextGuidanceScale { get; init; }
    public required double ImageGuidanceScale { get; init; }
    public required double Eta { get; init; }

    /// <summary><c>batch_invariant</c> when no model call was shared with other edits; absent otherwise.</summary>
    public string? Determinism { get; init; }

    /// <summary>The size that the model worked at.</summary>
    public required string Size { get; init; }

    /// <summary>SHA-256 of the source's file as it was sent.</summary>
    public required string SourceSha256 { get; init; }

    /// <summary>SHA-256 of the mask's file as it was sent; absent without one.</summary>
    public string? MaskSha256 { get; init; }

    /// <summary>Whether pixels outside the mask were kept exactly; absent without a mask.</summary>
    public bool? PreserveOutsideMask { get; init; }

    /// <summary>As it is written.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads one.</summary>
    /// <param name="json">The text.</param>
    /// <param name="fault">What is wrong, or null.</param>
    public static PictureRecord? Parse(string json, out string? fault)
    {
        fault = json.Length > Longest ? $"it has more than {Longest} characters" : null;
        if (fault is not null)
        {
            return null;
        }
        try
        {
            PictureRecord? record = JsonSerializer.Deserialize<PictureRecord>(json, Json);
            fault =
                record is null ? "it is null"
                : record.Version != CurrentVersion
                    ? $"its version is {record.Version}, this program reads {CurrentVersion}"
                : null;
            return fault is null ? record : null;
        }
        catch (JsonException error)
        {
            fault = error.Message;
            return null;
        }
    }
}
