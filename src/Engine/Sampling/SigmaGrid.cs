namespace InstructDiffusion.Engine.Sampling;

/// <summary>The noise levels a sampler steps through, and the timestep the model is told at each.</summary>
/// <param name="Timesteps">[n], falling; fractional where the reference passes fractions to the model.</param>
/// <param name="Sigmas">[n+1], falling, the last one 0.</param>
/// <param name="InitialNoiseScale">Standard deviation of the start latents x₀ + σ·ε.</param>
internal sealed record SigmaGrid(double[] Timesteps, double[] Sigmas, double InitialNoiseScale)
{
    // Karras et al. 2022, table 1.
    private const double KarrasRho = 7;

    /// <summary>As k-diffusion's CompVisDenoiser.get_sigmas: linspace timesteps, σ interpolated in log σ.</summary>
    public static SigmaGrid ForKDiffusion(NoiseSchedule schedule, int steps, bool karras)
    {
        NoiseTable table = schedule.Exact;
        if (karras)
        {
            return KarrasBetween(table, table.Sigmas[^1], table.Sigmas[0], steps);
        }
        double stride = steps == 1 ? 0 : (schedule.TrainTimesteps - 1.0) / (steps - 1);
        double[] timesteps = new double[steps];
        for (int i = 0; i < steps; i++)
        {
            timesteps[i] = schedule.TrainTimesteps - 1 - i * stride;
        }
        double[] sigmas = Array.ConvertAll(timesteps, table.LogInterpolatedSigmaAt);
        return new SigmaGrid(timesteps, [.. sigmas, 0], sigmas[0]);
    }

    /// <summary>As diffusers' Euler, Euler ancestral and LMS: σ interpolated linearly at the fractional timesteps.</summary>
    public static SigmaGrid ForDiffusers(NoiseSchedule schedule, int steps, TimestepSpacing spacing, bool karras)
    {
        NoiseTable table = schedule.Diffusers;
        double[] timesteps = SpacedTimesteps.Of(schedule, steps, spacing);
        double[] sigmas = Array.ConvertAll(timesteps, table.SigmaAt);
        SigmaGrid grid = karras
            ? KarrasBetween(table, sigmas[0], sigmas[^1], steps)
            : new SigmaGrid(timesteps, [.. sigmas, 0], sigmas[0]);
        // Leading does not start at pure noise: the start holds a signal of variance 1 as well.
        return spacing == TimestepSpacing.Leading
            ? grid with
            {
                InitialNoiseScale = Math.Sqrt(grid.InitialNoiseScale * grid.InitialNoiseScale + 1),
            }
            : grid;
    }

    /// <summary>
    /// As diffusers' DPMSolverMultistepScheduler: one timestep more than asked for, of which the least noisy is left out;
    /// whole timesteps. Its latents are √ᾱ·x₀ + √(1−ᾱ)·ε, so that the start is plain noise.
    /// </summary>
    public static SigmaGrid ForDpmSolver(NoiseSchedule schedule, int steps, TimestepSpacing spacing, bool karras)
    {
        NoiseTable table = schedule.Diffusers;
        if (karras)
        {
            SigmaGrid grid = KarrasBetween(table, table.Sigmas[^1], table.Sigmas[0], steps);
            double[] whole = Array.ConvertAll(grid.Timesteps, t => Math.Round(t, MidpointRounding.ToEven));
            return new SigmaGrid(whole, grid.Sigmas, InitialNoiseScale: 1);
        }
        int[] timesteps =
            spacing == TimestepSpacing.Trailing
                ? SpacedTimesteps.Rounded(schedule, steps, spacing)
                : SpacedTimesteps.Rounded(schedule, steps + 1, spacing)[..^1];
        double[] sigmas = Array.ConvertAll(timesteps, t => table.Sigmas[t]);
        return new SigmaGrid(Array.ConvertAll(timesteps, t => (double)t), [.. sigmas, 0], InitialNoiseScale: 1);
    }

    // Karras et al. 2022, eq. 5.
    private static SigmaGrid KarrasBetween(NoiseTable table, double max, double min, int steps)
    {
        double from = Math.Pow(max, 1 / KarrasRho);
        double to = Math.Pow(min, 1 / KarrasRho);
        var sigmas = new double[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            double part = steps == 1 ? 0 : (double)i / (steps - 1);
            sigmas[i] = Math.Pow(from + (to - from) * part, KarrasRho);
        }
        return new SigmaGrid(Array.ConvertAll(sigmas[..steps], table.TimestepAt), sigmas, max);
    }
}
