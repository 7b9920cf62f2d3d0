using System.Diagnostics;
using System.Security.Cryptography;
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
        long start = Stopwatch.GetTimestamp();
        EditResult result = finished.Result;
        byte[]? alpha = format == ImageFileFormat.Jpeg ? null : order.Alpha;
        byte[] file = ImageCodec.Encode(order.Picture(result), format, order.Quality, alpha);
        return new EditedPicture
        {
            Image = file,
            Seed = finished.Request.Seed,
            Timings = new EditTimings
            {
                QueueMs = Rounded(finished.QueueTime),
                PrepareMs = Rounded(result.PrepareTime),
                DenoiseMs = Rounded(result.DenoiseTime),
                DecodeMs = Rounded(result.FinishTime),
                EncodeMs = Rounded(Stopwatch.GetElapsedTime(start)),
            },
        };
    }

    /// <summary>The file's SHA-256 as a <c>Content-Digest</c> header (RFC 9530).</summary>
    public string ContentDigest() => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Image))}:";

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);
}
