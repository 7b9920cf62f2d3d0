using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>The answer to POST /v1/images/edits.</summary>
internal sealed record OpenAiAnswer
{
    /// <summary>When it was made, in seconds since 1970.</summary>
    public required long Created { get; init; }

    /// <summary>The pictures, in the order of their seeds.</summary>
    public required IReadOnlyList<OpenAiPicture> Data { get; init; }

    /// <summary><c>transparent</c> or <c>opaque</c>.</summary>
    public required string Background { get; init; }

    /// <summary><c>png</c>, <c>jpeg</c> or <c>webp</c>.</summary>
    public required string OutputFormat { get; init; }

    /// <summary>The pictures' size, such as <c>1024x1536</c>.</summary>
    public required string Size { get; init; }

    /// <summary><c>low</c>, <c>medium</c>, <c>high</c>, or <c>auto</c> when it was not asked for.</summary>
    public required string Quality { get; init; }

    public required OpenAiUsage Usage { get; init; }

    /// <summary>Puts it together.</summary>
    public static OpenAiAnswer Of(
        OpenAiOrder order,
        IReadOnlyList<FinishedEdit> finished,
        IReadOnlyList<EditedPicture> pictures,
        DateTimeOffset now
    ) =>
        new()
        {
            Created = now.ToUnixTimeSeconds(),
            Data = [.. pictures.Select(picture => OpenAiPicture.Of(picture.Image, picture.Seed, order))],
            Background = order.Background,
            OutputFormat = AnswerFormat.NameOf(order.Format),
            Size = order.Size.ToString(),
            Quality = order.Parameters.Quality,
            Usage = OpenAiUsage.Of(finished.Select(edit => edit.Result)),
        };
}

/// <summary>One picture of it.</summary>
internal sealed record OpenAiPicture
{
    /// <summary>The file in base64; absent when <c>url</c> was asked for.</summary>
    public byte[]? B64Json { get; init; }

    /// <summary>The same as a data: URL.</summary>
    public string? Url { get; init; }

    /// <summary>The seed that gave it; not OpenAI's.</summary>
    public required long Seed { get; init; }

    public static OpenAiPicture Of(byte[] file, long seed, OpenAiOrder order) =>
        new()
        {
            B64Json = order.Parameters.AsUrl ? null : file,
            Url = order.Parameters.AsUrl
                ? $"data:image/{AnswerFormat.NameOf(order.Format)};base64,{Convert.ToBase64String(file)}"
                : null,
            Seed = seed,
        };
}

/// <summary>
/// What the pictures took, in tokens: of the text those that the text encoder read, of a picture one for each 8 × 8 pixels of the
/// canvas that the model worked at.
/// </summary>
internal sealed record OpenAiUsage
{
    private const int PixelsOfToken = 8 * 8;

    public required long TotalTokens { get; init; }
    public required long InputTokens { get; init; }
    public required long OutputTokens { get; init; }
    public required OpenAiInputTokens InputTokensDetails { get; init; }

    public static OpenAiUsage Of(IEnumerable<EditResult> results)
    {
        EditResult[] all = [.. results];
        // All edits of a request read one text and one picture.
        return Of(all[0].TextTokens, all[0].WorkingSize.PixelCount / PixelsOfToken, all.Length);
    }

    /// <summary>The part of one of the request's pictures.</summary>
    public OpenAiUsage OfOne() => Of(InputTokensDetails.TextTokens, InputTokensDetails.ImageTokens, pictures: 1);

    private static OpenAiUsage Of(long text, long picture, int pictures) =>
        new()
        {
            TotalTokens = text + picture + (pictures * picture),
            InputTokens = text + picture,
            OutputTokens = pictures * picture,
            InputTokensDetails = new OpenAiInputTokens { TextTokens = text, ImageTokens = picture },
        };
}

/// <summary>What came in, of each kind.</summary>
internal sealed record OpenAiInputTokens
{
    public required long TextTokens { get; init; }
    public required long ImageTokens { get; init; }
}
