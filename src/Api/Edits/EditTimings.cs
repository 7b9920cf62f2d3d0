using InstructDiffusion.Api.Observability;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Edits;

/// <summary>Where an edit's time went, in milliseconds.</summary>
internal sealed record EditTimings
{
    /// <summary>Reading the source picture's file.</summary>
    public required double DecodeMs { get; init; }

    /// <summary>Waiting for the engine.</summary>
    public required double QueueMs { get; init; }

    /// <summary>Encoding the instruction for the model.</summary>
    public required double TextMs { get; init; }

    /// <summary>Encoding the picture for the model.</summary>
    public required double VaeEncMs { get; init; }

    /// <summary>Denoising, shared with the edits batched beside.</summary>
    public required double DenoiseMs { get; init; }

    /// <summary>Decoding the model's picture.</summary>
    public required double VaeDecMs { get; init; }

    /// <summary>Writing the picture's file.</summary>
    public required double EncodeMs { get; init; }

    /// <summary>The times of one picture.</summary>
    /// <param name="decode">Of its source's file.</param>
    /// <param name="finished">Of the engine.</param>
    /// <param name="encode">Of its own file.</param>
    public static EditTimings Of(TimeSpan decode, FinishedEdit finished, TimeSpan encode)
    {
        EditResult result = finished.Result;
        return new EditTimings
        {
            DecodeMs = Rounded(decode),
            QueueMs = Rounded(finished.QueueTime),
            TextMs = Rounded(result.TextTime),
            VaeEncMs = Rounded(result.PrepareTime - result.TextTime),
            DenoiseMs = Rounded(result.DenoiseTime),
            VaeDecMs = Rounded(result.FinishTime),
            EncodeMs = Rounded(encode),
        };
    }

    /// <summary>The longest of each, for edits that ran side by side.</summary>
    public static EditTimings Longest(IEnumerable<EditTimings> edits) =>
        edits.Aggregate(
            (longest, edit) =>
                new EditTimings
                {
                    DecodeMs = Math.Max(longest.DecodeMs, edit.DecodeMs),
                    QueueMs = Math.Max(longest.QueueMs, edit.QueueMs),
                    TextMs = Math.Max(longest.TextMs, edit.TextMs),
                    VaeEncMs = Math.Max(longest.VaeEncMs, edit.VaeEncMs),
                    DenoiseMs = Math.Max(longest.DenoiseMs, edit.DenoiseMs),
                    VaeDecMs = Math.Max(longest.VaeDecMs, edit.VaeDecMs),
                    EncodeMs = Math.Max(longest.EncodeMs, edit.EncodeMs),
                }
        );

    /// <summary>The same as a Server-Timing header, by the names that measurements have.</summary>
    public string ToServerTiming(int steps) =>
        string.Join(
            ", ",
            $"{Label<EditStage>.Of(EditStage.Decode)};dur={DecodeMs}",
            $"queue;dur={QueueMs}",
            $"{Label<EditStage>.Of(EditStage.Text)};dur={TextMs}",
            $"{Label<EditStage>.Of(EditStage.VaeEnc)};dur={VaeEncMs}",
            $"{Label<EditStage>.Of(EditStage.Denoise)};dur={DenoiseMs};desc=\"{steps} steps\"",
            $"{Label<EditStage>.Of(EditStage.VaeDec)};dur={VaeDecMs}",
            $"{Label<EditStage>.Of(EditStage.Encode)};dur={EncodeMs}"
        );

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalMilliseconds, 1);
}
