namespace InstructDiffusion.Training.Running;

/// <summary>What a step of the optimizer came to.</summary>
/// <param name="Loss">Mean over the batch.</param>
/// <param name="LossByTask">Mean over the samples of each task.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="LearningRate">Of the step.</param>
internal sealed record StepResult(
    double Loss,
    IReadOnlyDictionary<string, double> LossByTask,
    double GradientNorm,
    double LearningRate
)
{
    /// <summary>Means of losses.</summary>
    public static (double Mean, IReadOnlyDictionary<string, double> ByTask) Average(
        IEnumerable<(string Task, float Loss)> losses
    )
    {
        (string Task, float Loss)[] all = [.. losses];
        return (
            all.Average(entry => (double)entry.Loss),
            all.GroupBy(entry => entry.Task, StringComparer.Ordinal)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .ToDictionary(
                    group => group.Key,
                    group => group.Average(entry => (double)entry.Loss),
                    StringComparer.Ordinal
                )
        );
    }
}
