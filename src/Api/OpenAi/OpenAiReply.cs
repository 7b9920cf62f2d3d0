using System.Globalization;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>A whole answer to POST /v1/images/edits.</summary>
/// <param name="Answer">The body.</param>
/// <param name="Headers">What OpenAI's body has no place for, by the names of the headers that tell it.</param>
internal sealed record OpenAiReply(OpenAiAnswer Answer, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>Puts it together.</summary>
    public static OpenAiReply Of(
        OpenAiOrder order,
        IReadOnlyList<FinishedEdit> finished,
        IReadOnlyList<EditedPicture> pictures,
        ModelDescription model,
        DateTimeOffset now
    )
    {
        EditRequest request = order.Edit.Request;
        EditResult result = finished[0].Result;
        return new OpenAiReply(
            OpenAiAnswer.Of(order, finished, pictures, now),
            new Dictionary<string, string>
            {
                ["X-Model"] = model.Name,
                ["X-Steps"] = request.Steps.ToString(CultureInfo.InvariantCulture),
                ["X-Determinism"] = DeterminismNames.NameOf(request.Determinism),
                ["X-Finish-Reason"] = Label<EditFinish>.Of(finished.Max(edit => edit.Result.Finish)),
                ["X-Working-Size"] = result.WorkingSize.ToString(),
                ["X-Dropped-Tokens"] = result.DroppedTokens.ToString(CultureInfo.InvariantCulture),
                ["Server-Timing"] = EditTimings
                    .Longest(pictures.Select(picture => picture.Timings))
                    .ToServerTiming(request.Steps),
            }
        );
    }

    /// <summary>Sends it.</summary>
    public Task WriteAsync(HttpContext http)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.CacheControl = "no-store";
        foreach ((string name, string value) in Headers)
        {
            headers[name] = value;
        }
        return http.Response.WriteAsJsonAsync(Answer, ApiJson.Options, http.RequestAborted);
    }
}
