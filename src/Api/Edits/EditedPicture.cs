using System.Security.Cryptography;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Edits;

/// <summary>One picture of an answer.</summary>
internal sealed record EditedPicture
{
    /// <summary>The edited picture, a file in base64.</summary>
    public required byte[] Image { get; init; }

    /// <summary>The seed that gave it.</summary>
    public required long Seed { get; init; }

    public required EditTimings Timings { get; init; }

    /// <summary>Lays the result into the source where there is a mask, and encodes it.</summary>
    public static EditedPicture Of(EditOrder order, FinishedEdit finished, ImageFileFormat format)
    {
        using StageMetrics.RunningStage stage = StageMetrics.Begin(EditStage.Encode);
        EditResult result = finished.Result;
        byte[]? alpha = format == ImageFileFormat.Jpeg ? null : order.Alpha;
        IReadOnlyDictionary<string, string>? text =
            format == ImageFileFormat.Png ? order.Stamp?.TextOf(finished.Request, result) : null;
        byte[] file = ImageCodec.Encode(order.Picture(result), format, order.Quality, alpha, text);
        return new EditedPicture
        {
            Image = file,
            Seed = finished.Request.Seed,
            Timings = EditTimings.Of(order.DecodeTime, finished, stage.Elapsed),
        };
    }

    /// <summary>The file's SHA-256 as a <c>Content-Digest</c> header (RFC 9530).</summary>
    public string ContentDigest() => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Image))}:";
}
