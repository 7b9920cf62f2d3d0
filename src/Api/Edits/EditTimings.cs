namespace InstructDiffusion.Api.Edits;

/// <summary>Where an edit's time went, in milliseconds.</summary>
internal sealed record EditTimings
{
    /// <summary>Waiting for the engine.</summary>
    public required double QueueMs { get; init; }

    /// <summary>Encoding instruction and picture for the model.</summary>
    public required double PrepareMs { get; init; }

    /// <summary>Denoising, shared with the edits batched beside.</summary>
    public required double DenoiseMs { get; init; }

    /// <summary>Decoding the model's picture.</summary>
    public required double DecodeMs { get; init; }

    /// <summary>Writing the picture's file.</summary>
    public required double EncodeMs { get; init; }

    /// <summary>The longest of each, for edits that ran side by side.</summary>
    public static EditTimings Longest(IEnumerable<EditTimings> edits) =>
        edits.Aggregate(
            (longest, edit) =>
                new EditTimings
                {
                    QueueMs = Math.Max(longest.QueueMs, edit.QueueMs),
                    PrepareMs = Math.Max(longest.PrepareMs, edit.PrepareMs),
                    DenoiseMs = Math.Max(longest.DenoiseMs, edit.DenoiseMs),
                    DecodeMs = Math.Max(longest.DecodeMs, edit.DecodeMs),
                    EncodeMs = Math.Max(longest.EncodeMs, edit.EncodeMs),
                }
        );

    /// <summary>The same as a Server-Timing header.</summary>
    public string ToServerTiming(int steps) =>
        $"queue;dur={QueueMs}, prepare;dur={PrepareMs}, denoise;dur={DenoiseMs};desc=\"{steps} steps\", "
        + $"decode;dur={DecodeMs}, encode;dur={EncodeMs}";
}
