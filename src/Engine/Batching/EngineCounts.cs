namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// What an engine has done since it was made. Every accepted edit ends once:
/// <see cref="Accepted"/> = <see cref="Succeeded"/> + <see cref="Failed"/> + <see cref="Cancelled"/> + <see cref="Expired"/>
/// + those that wait or run.
/// </summary>
public sealed record EngineCounts
{
    /// <summary>Edits that joined the queue.</summary>
    public required long Accepted { get; init; }

    /// <summary>Edits that gave a picture.</summary>
    public required long Succeeded { get; init; }

    /// <summary>Edits that ended with an error.</summary>
    public required long Failed { get; init; }

    /// <summary>Edits that their callers gave up.</summary>
    public required long Cancelled { get; init; }

    /// <summary>Edits whose time limit passed, waiting or running.</summary>
    public required long Expired { get; init; }

    /// <summary>Edits not accepted, by reason; every reason is there.</summary>
    public required IReadOnlyDictionary<RefusalReason, long> Refused { get; init; }

    /// <summary>Denoising steps taken, each of one or more edits.</summary>
    public required long Steps { get; init; }

    /// <summary>UNet rows of those steps in all; divided by <see cref="Steps"/> the mean rows a step.</summary>
    public required long Rows { get; init; }

    /// <summary>Steps of single edits that ended in a picture.</summary>
    public required long UsefulSteps { get; init; }

    /// <summary>Steps of single edits that ended otherwise.</summary>
    public required long WastedSteps { get; init; }

    /// <summary>Steps that edits had left when they were cancelled or expired, and that were not taken.</summary>
    public required long SavedSteps { get; init; }

    /// <summary>Times the device's memory did not suffice.</summary>
    public required long OutOfMemory { get; init; }

    /// <summary>Edits that broke a stage by themselves.</summary>
    public required long Broken { get; init; }

    /// <summary>Times the engine fell silent.</summary>
    public required long Stalls { get; init; }

    /// <summary>Time spent, by stage; every stage is there.</summary>
    public required IReadOnlyDictionary<EngineStage, TimeSpan> Time { get; init; }

    /// <summary>Time spent in all; divided by the time since a former count, how busy the engine was between.</summary>
    public TimeSpan Busy => Time.Values.Aggregate(TimeSpan.Zero, static (sum, time) => sum + time);
}
