using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Api.Edits;

/// <summary>An edit's answer as JSON.</summary>
internal sealed record EditAnswer
{
    /// <summary>The edited picture, a file in base64.</summary>
    public required byte[] Image { get; init; }

    /// <summary>The file's format.</summary>
    public required string Format { get; init; }

    public required int Width { get; init; }
    public required int Height { get; init; }

    /// <summary>The seed used, whether asked for or drawn.</summary>
    public required long Seed { get; init; }

    public required int Steps { get; init; }
    public required string Sampler { get; init; }
    public required double TextGuidanceScale { get; init; }
    public required double ImageGuidanceScale { get; init; }
    public required double Eta { get; init; }

    /// <summary>The size the model worked at.</summary>
    public required string WorkingSize { get; init; }

    /// <summary>Tokens of the instruction that did not fit and were dropped.</summary>
    public required int DroppedTokens { get; init; }

    public required EditTimings Timings { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>True when the model is the untrained reference, whose pictures mean nothing.</summary>
    public required bool Untrained { get; init; }

    /// <summary>Encodes the picture, and describes it.</summary>
    public static EditAnswer Of(EditOrder order, FinishedEdit finished, AnswerFormat format, ModelDescription model)
    {
        long start = Stopwatch.GetTimestamp();
        EditResult result = finished.Result;
        byte[]? alpha = format.Format == ImageFileFormat.Jpeg ? null : order.Alpha;
        byte[] file = ImageCodec.Encode(result.Image, format.Format, alpha: alpha);
        EditRequest request = order.Request;
        return new EditAnswer
        {
            Image = file,
            Format = format.FormatName,
            Width = result.Image.Width,
            Height = result.Image.Height,
            Seed = request.Seed,
            Steps = request.Steps,
            Sampler = SamplerNames.NameOf(request.Sampler),
            TextGuidanceScale = request.TextGuidanceScale,
            ImageGuidanceScale = request.ImageGuidanceScale,
            Eta = request.Eta,
            WorkingSize = result.WorkingSize.ToString(),
            DroppedTokens = result.DroppedTokens,
            Timings = new EditTimings
            {
                QueueMs = Rounded(finished.QueueTime),
                PrepareMs = Rounded(result.PrepareTime),
                DenoiseMs = Rounded(result.DenoiseTime),
                DecodeMs = Rounded(result.FinishTime),
                EncodeMs = Rounded(Stopwatch.GetElapsedTime(start)),
            },
            Model = model.Name,
            Untrained = model.IsUntrainedReference,
        };
    }

    /// <summary>Sends it as JSON, or as the picture with the rest in headers.</summary>
    public async Task WriteAsync(HttpResponse response, AnswerFormat format, CancellationToken cancellationToken)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.Vary = "Accept";
        response.Headers["Server-Timing"] = Timings.ToServerTiming(Steps);
        if (format.IsJson)
        {
            await response.WriteAsJsonAsync(this, ApiJson.Options, cancellationToken);
            return;
        }
        response.ContentType = format.ImageMediaType;
        response.ContentLength = Image.Length;
        response.Headers["X-Seed"] = Seed.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-Steps"] = Steps.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-Working-Size"] = WorkingSize;
        response.Headers["X-Dropped-Tokens"] = DroppedTokens.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-Model"] = Model;
        response.Headers["Content-Digest"] = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Image))}:";
        await response.Body.WriteAsync(Image, cancellationToken);
    }

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);
}
