using InstructDiffusion.Api.Edits;

namespace InstructDiffusion.Api.Vision;

/// <summary>How a vision answer was come by: what the model was given, and where the time went.</summary>
internal sealed record PaintFacts
{
    /// <summary>The seed used, whether asked for or drawn.</summary>
    public required long Seed { get; init; }

    public required int Steps { get; init; }
    public required string Sampler { get; init; }
    public required double TextGuidanceScale { get; init; }
    public required double ImageGuidanceScale { get; init; }
    public required double Eta { get; init; }

    /// <summary><c>fast</c> or <c>batch_invariant</c>.</summary>
    public required string Determinism { get; init; }

    /// <summary>The size the model painted at.</summary>
    public required string WorkingSize { get; init; }

    /// <summary>Where the time went; of several edits, the longest each. Reading the paint counts as encoding.</summary>
    public required EditTimings Timings { get; init; }

    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>True when the model is the untrained reference, whose pictures mean nothing.</summary>
    public required bool Untrained { get; init; }
}
