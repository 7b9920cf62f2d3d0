namespace InstructDiffusion.Training.Evaluation;

/// <summary>Tries settings on a few pairs of a task or items of a protocol, to choose a preset.</summary>
internal static class SettingsSweep
{
    /// <summary>Tries each of the settings on one task, or on one part of a data set.</summary>
    /// <param name="name">The task or the part.</param>
    /// <param name="grid">What is tried.</param>
    /// <param name="evaluate">The figures with some settings, the most important one first.</param>
    /// <returns>What each gave, the best first by that figure; those that differ by their noise alone are one.</returns>
    public static SweepSection Of(
        string name,
        IReadOnlyList<EditSettings> grid,
        Func<EditSettings, IReadOnlyList<FigureReport>> evaluate
    )
    {
        var trials = new List<(EditSettings Settings, SweepTrial Trial)>();
        foreach (EditSettings tried in grid)
        {
            trials.Add((tried with { NoiseSeed = null }, new SweepTrial(tried.NoiseSeed, evaluate(tried))));
        }
        return new SweepSection
        {
            Name = name,
            Rows =
            [
                .. trials
                    .GroupBy(one => one.Settings, one => one.Trial)
                    .Select(row => SweepRow.Of(row.Key, [.. row]))
                    .OrderByDescending(row => row.Mean ?? double.NegativeInfinity),
            ],
        };
    }

    /// <summary>Every combination of values.</summary>
    /// <param name="settings">What is not varied.</param>
    /// <param name="steps">Step counts; empty to keep it.</param>
    /// <param name="textScales">Values of s_T; empty to keep it.</param>
    /// <param name="imageScales">Values of s_I; empty to keep it.</param>
    /// <param name="noiseSeeds">Seeds of the noise; empty to keep the evaluation's.</param>
    public static IReadOnlyList<EditSettings> GridOf(
        EditSettings settings,
        IReadOnlyList<int> steps,
        IReadOnlyList<double> textScales,
        IReadOnlyList<double> imageScales,
        IReadOnlyList<long> noiseSeeds
    ) =>
        [
            .. from count in steps.DefaultIfEmpty(settings.Steps).Distinct()
            from text in textScales.DefaultIfEmpty(settings.TextScale).Distinct()
            from image in imageScales.DefaultIfEmpty(settings.ImageScale).Distinct()
            from seed in noiseSeeds.Select(seed => (long?)seed).DefaultIfEmpty(settings.NoiseSeed).Distinct()
            select settings with
            {
                Steps = count,
                TextScale = text,
                ImageScale = image,
                NoiseSeed = seed,
            },
        ];
}
