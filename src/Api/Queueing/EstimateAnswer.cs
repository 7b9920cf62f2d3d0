using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Queueing;

/// <summary>What an edit would cost now. Predictions correct themselves by what edits take; GET /v1/queue tells how well.</summary>
internal sealed record EstimateAnswer
{
    /// <summary>Predicted milliseconds of the engine, with no other edit beside; of several pictures, the sum.</summary>
    public required double EngineMs { get; init; }

    /// <summary>Predicted milliseconds until it would begin, with what waits and runs now.</summary>
    public required double WaitMs { get; init; }

    /// <summary>Predicted milliseconds until its picture, of several the last, would be there, with what waits and runs now.</summary>
    public required double TotalMs { get; init; }

    /// <summary>The size the model would work at.</summary>
    public required string WorkingSize { get; init; }

    /// <summary>Rows of the model in each step, 1 to 3, by the guidance scales.</summary>
    public required int Rows { get; init; }

    /// <summary>Model evaluations; some samplers take one more than steps.</summary>
    public required int Steps { get; init; }

    /// <summary>True when the edit would be accepted.</summary>
    public required bool Admitted { get; init; }

    /// <summary>Why it would not be accepted; absent when it would.</summary>
    public required EstimateRefusal? Refusal { get; init; }

    public static EstimateAnswer Of(EditEstimate estimate) =>
        new()
        {
            EngineMs = QueueReport.Rounded(estimate.Work),
            WaitMs = QueueReport.Rounded(estimate.Wait),
            TotalMs = QueueReport.Rounded(estimate.Total),
            WorkingSize = estimate.Shape.WorkingSize.ToString(),
            Rows = estimate.Shape.Rows,
            Steps = estimate.Shape.Steps,
            Admitted = estimate.Refusal is null,
            Refusal = estimate.Refusal is { } refusal ? EstimateRefusal.Of(ExceptionProblems.Of(refusal)) : null,
        };
}

/// <summary>The problem that the edit would be answered with.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Code">The problem's code.</param>
/// <param name="Detail">In words.</param>
/// <param name="RetryAfterMs">When to come back; absent where that would not help.</param>
internal sealed record EstimateRefusal(int Status, string Code, string Detail, double? RetryAfterMs)
{
    public static EstimateRefusal Of(ApiException problem) =>
        new(problem.Kind.Status, problem.Kind.Code, problem.Message, problem.RetryAfter?.TotalMilliseconds);
}
