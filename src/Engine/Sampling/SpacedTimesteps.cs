namespace InstructDiffusion.Engine.Sampling;

/// <summary>Timesteps picked from the training timesteps as diffusers picks them, noisiest first.</summary>
internal static class SpacedTimesteps
{
    /// <summary>The timesteps of <paramref name="spacing"/>; fractional for linspace where steps−1 does not divide T−1.</summary>
    public static double[] Of(NoiseSchedule schedule, int steps, TimestepSpacing spacing) =>
        spacing switch
        {
            TimestepSpacing.Linspace => Linspace(schedule.TrainTimesteps, steps),
            TimestepSpacing.Leading => Leading(schedule.TrainTimesteps, steps, schedule.Config.StepsOffset),
            TimestepSpacing.Trailing => Trailing(schedule.TrainTimesteps, steps),
            _ => throw new ArgumentOutOfRangeException(nameof(spacing), $"spacing: {(int)spacing} is unknown"),
        };

    /// <summary>The same as whole numbers, halves to even as NumPy rounds.</summary>
    public static int[] Rounded(NoiseSchedule schedule, int steps, TimestepSpacing spacing) =>
        Array.ConvertAll(Of(schedule, steps, spacing), t => (int)Math.Round(t, MidpointRounding.ToEven));

    /// <summary>Most steps of a spacing: the ones of an offset grid must stay below T.</summary>
    public static int MaxSteps(NoiseSchedule schedule, TimestepSpacing spacing) =>
        spacing == TimestepSpacing.Leading
            ? schedule.TrainTimesteps - schedule.Config.StepsOffset
            : schedule.TrainTimesteps;

    // A single step is at 0, as in NumPy's linspace(0, T-1, 1).
    private static double[] Linspace(int train, int steps)
    {
        double stride = steps == 1 ? 0 : (train - 1.0) / (steps - 1);
        return Descending(steps, i => i * stride);
    }

    private static double[] Leading(int train, int steps, int offset)
    {
        int stride = train / steps;
        return Descending(steps, i => i * stride + offset);
    }

    private static double[] Trailing(int train, int steps)
    {
        double stride = (double)train / steps;
        return Descending(steps, i => Math.Round(train - (steps - 1 - i) * stride, MidpointRounding.ToEven) - 1);
    }

    private static double[] Descending(int steps, Func<int, double> at)
    {
        var timesteps = new double[steps];
        for (int i = 0; i < steps; i++)
        {
            timesteps[i] = at(steps - 1 - i);
        }
        return timesteps;
    }
}
