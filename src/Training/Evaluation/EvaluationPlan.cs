using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Which pairs a model is evaluated on.</summary>
internal sealed record EvaluationPlan
{
    /// <summary>Which pictures and phrasings.</summary>
    public required DemoSplit Split { get; init; }

    /// <summary>Side of the pictures, and of the model's canvas, pixels.</summary>
    public required int Resolution { get; init; }

    /// <summary>Pairs of each task, at least 1.</summary>
    public required int Count { get; init; }

    /// <summary>Of <see cref="DemoTask"/>.</summary>
    public required IReadOnlyList<string> Tasks { get; init; }

    /// <summary>Of the scenes, the phrasings, the edits' noise and the resampling.</summary>
    public required long Seed { get; init; }
}
