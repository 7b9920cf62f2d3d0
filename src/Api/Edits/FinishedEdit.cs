using System.Diagnostics;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Edits;

/// <summary>An edit and what became of it.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Result">What came out.</param>
/// <param name="QueueTime">Time between joining the queue and the start of the work.</param>
/// <param name="EngineTime">Time between the start of the work and the result, shared with the edits batched beside.</param>
internal sealed record FinishedEdit(EditRequest Request, EditResult Result, TimeSpan QueueTime, TimeSpan EngineTime)
{
    /// <summary>Where the result came from; null when no other edit's would have done.</summary>
    public CacheOutcome? Cache { get; init; }

    /// <summary>Where the trace stood of the request that the edit was begun for; its own unless it was shared.</summary>
    public ActivityContext Origin { get; init; }

    /// <summary>An edit that cost nothing, as its result was remembered.</summary>
    public static FinishedEdit Remembered(EditRequest request, EditResult result) =>
        new(
            request,
            result with
            {
                PrepareTime = TimeSpan.Zero,
                TextTime = TimeSpan.Zero,
                DenoiseTime = TimeSpan.Zero,
                FinishTime = TimeSpan.Zero,
            },
            QueueTime: TimeSpan.Zero,
            EngineTime: TimeSpan.Zero
        )
        {
            Cache = CacheOutcome.Hit,
        };
}
