namespace InstructDiffusion.Engine.Batching;

/// <summary>An edit cannot be, or was not, done within its time limit.</summary>
public sealed class DeadlineExceededException(string reason, bool hasStarted) : Exception(reason)
{
    /// <summary>True when it was running when its time was over; false when no work was spent on it.</summary>
    public bool HasStarted { get; } = hasStarted;

    /// <summary>Refused at once: by the forecast it would come too late.</summary>
    internal static DeadlineExceededException Foreseen(TimeSpan limit, TimeSpan predicted) =>
        new(
            $"It would take about {predicted.TotalSeconds:0.0} s with what is running and waiting, more than its {limit.TotalSeconds:0.###} s.",
            hasStarted: false
        );

    /// <summary>It waited until too little time was left for it.</summary>
    internal static DeadlineExceededException Waiting(TimeSpan limit) =>
        new(
            $"It waited until it could not be done within its {limit.TotalSeconds:0.###} s any more.",
            hasStarted: false
        );

    /// <summary>Its time was over while it ran.</summary>
    internal static DeadlineExceededException Running(TimeSpan limit, int done, int of) =>
        new($"Its {limit.TotalSeconds:0.###} s were over after {done} of {of} steps.", hasStarted: true);
}
