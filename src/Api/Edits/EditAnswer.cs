using System.Globalization;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Api.Edits;

/// <summary>An edit's answer as JSON.</summary>
internal sealed record EditAnswer
{
    /// <summary>The edited picture, a file in base64; absent when several were asked for.</summary>
    public byte[]? Image { get; init; }

    /// <summary>The edited pictures when several were asked for.</summary>
    public IReadOnlyList<EditedPicture>? Images { get; init; }

    /// <summary>The files' format.</summary>
    public required string Format { get; init; }

    public required int Width { get; init; }
    public required int Height { get; init; }

    /// <summary>The seed used, whether asked for or drawn; of several, the first.</summary>
    public required long Seed { get; init; }

    /// <summary>The steps asked for.</summary>
    public required int Steps { get; init; }

    public required string Sampler { get; init; }
    public required double TextGuidanceScale { get; init; }
    public required double ImageGuidanceScale { get; init; }
    public required double Eta { get; init; }

    /// <summary><c>fast</c> or <c>batch_invariant</c>.</summary>
    public required string Determinism { get; init; }

    /// <summary>The size the model worked at.</summary>
    public required string WorkingSize { get; init; }

    /// <summary>Tokens of the instruction that did not fit and were dropped.</summary>
    public required int DroppedTokens { get; init; }

    /// <summary>Whether the picture is the finished one, or the one at the step reached when the deadline came; of several, whether any is.</summary>
    public required EditFinish FinishReason { get; init; }

    /// <summary>Model evaluations done, of several the fewest; some samplers take one more than steps.</summary>
    public required int StepsDone { get; init; }

    /// <summary>Where the time went; of several, the longest each.</summary>
    public required EditTimings Timings { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>True when the model is the untrained reference, whose pictures mean nothing.</summary>
    public required bool Untrained { get; init; }

    /// <summary>Encodes the pictures, and describes them.</summary>
    public static EditAnswer Of(
        EditOrder order,
        IReadOnlyList<FinishedEdit> finished,
        AnswerFormat format,
        ModelDescription model
    )
    {
        EditedPicture[] pictures = [.. finished.Select(edit => EditedPicture.Of(order, edit, format.Format))];
        EditRequest request = order.Request;
        EditResult result = finished[0].Result;
        return new EditAnswer
        {
            Image = pictures.Length == 1 ? pictures[0].Image : null,
            Images = pictures.Length == 1 ? null : pictures,
            Format = format.FormatName,
            Width = result.Image.Width,
            Height = result.Image.Height,
            Seed = request.Seed,
            Steps = request.Steps,
            Sampler = SamplerNames.NameOf(request.Sampler),
            TextGuidanceScale = request.TextGuidanceScale,
            ImageGuidanceScale = request.ImageGuidanceScale,
            Eta = request.Eta,
            Determinism = DeterminismNames.NameOf(request.Determinism),
            WorkingSize = result.WorkingSize.ToString(),
            DroppedTokens = result.DroppedTokens,
            FinishReason = finished.Max(edit => edit.Result.Finish),
            StepsDone = finished.Min(edit => edit.Result.StepsDone),
            Timings = EditTimings.Longest(pictures.Select(picture => picture.Timings)),
            Model = model.Name,
            Untrained = model.IsUntrainedReference,
        };
    }

    /// <summary>Sends it as JSON, as the picture with the rest in headers, or as one part for each picture.</summary>
    public async Task WriteAsync(HttpResponse response, AnswerFormat format, CancellationToken cancellationToken)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.Vary = "Accept";
        response.Headers["Server-Timing"] = Timings.ToServerTiming(Steps);
        if (format.Kind == AnswerKind.Json)
        {
            await response.WriteAsJsonAsync(this, ApiJson.Options, cancellationToken);
            return;
        }
        response.Headers["X-Seed"] = Seed.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-Steps"] = Steps.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-Finish-Reason"] = Label<EditFinish>.Of(FinishReason);
        response.Headers["X-Working-Size"] = WorkingSize;
        response.Headers["X-Dropped-Tokens"] = DroppedTokens.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-Determinism"] = Determinism;
        response.Headers["X-Model"] = Model;
        if (format.Kind == AnswerKind.Parts)
        {
            await MixedParts.WriteAsync(response, Pictures(), format, cancellationToken);
            return;
        }
        EditedPicture picture = Pictures()[0];
        response.ContentType = format.ImageMediaType;
        response.ContentLength = picture.Image.Length;
        response.Headers["Content-Digest"] = picture.ContentDigest();
        await response.Body.WriteAsync(picture.Image, cancellationToken);
    }

    /// <summary>The pictures, also of an answer that holds one.</summary>
    public IReadOnlyList<EditedPicture> Pictures() =>
        Images
        ??
        [
            new EditedPicture
            {
                Image = Image ?? [],
                Seed = Seed,
                Timings = Timings,
            },
        ];
}
