using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Editing;

/// <summary>A finished edit.</summary>
public sealed record EditResult
{
    /// <summary>The edited picture, as large as the source.</summary>
    public required RgbImage Image { get; init; }

    /// <summary>
    /// The source after encoding and decoding, as large as the source; null unless
    /// <see cref="EditRequest.IncludeRoundTrip"/> asked for it.
    /// </summary>
    public RgbImage? RoundTrip { get; init; }

    /// <summary>The size the model worked at.</summary>
    public required ImageSize WorkingSize { get; init; }

    /// <summary>Whether every step was taken.</summary>
    public EditFinish Finish { get; init; }

    /// <summary>Model evaluations done.</summary>
    public int StepsDone { get; init; }

    /// <summary>Tokens of the instruction that did not fit into the text encoder and were dropped; 0 when all fit.</summary>
    public required int DroppedTokens { get; init; }

    /// <summary>Tokens of the instruction that the text encoder read, begin and end included.</summary>
    public int TextTokens { get; init; }

    /// <summary>Time in text and image encoding.</summary>
    public required TimeSpan PrepareTime { get; init; }

    /// <summary>The part of <see cref="PrepareTime"/> that went into the texts; the rest went into the picture.</summary>
    public TimeSpan TextTime { get; init; }

    /// <summary>Wall time between the first and the last denoising step, shared with the rows batched beside.</summary>
    public required TimeSpan DenoiseTime { get; init; }

    /// <summary>Time in decoding.</summary>
    public required TimeSpan FinishTime { get; init; }
}
