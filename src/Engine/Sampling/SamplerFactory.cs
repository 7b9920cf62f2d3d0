namespace InstructDiffusion.Engine.Sampling;

/// <summary>Makes the samplers.</summary>
public static class SamplerFactory
{
    private static readonly SamplerOptions Defaults = new();

    /// <summary>A sampler for one image's run.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="schedule">The model's noise schedule.</param>
    /// <param name="steps">1…<see cref="MaxSteps"/>. The model calls are <see cref="Sampler.Timesteps"/>.Count.</param>
    /// <param name="eta">Stochasticity of DDIM, 0…1; the others do not use it.</param>
    /// <param name="options">Spacing and sigmas; null = the sampler's own.</param>
    /// <returns>A sampler owned by the caller.</returns>
    /// <exception cref="ArgumentException">A value out of range, or an option this sampler does not have; says which.</exception>
    public static Sampler Create(
        SamplerKind kind,
        NoiseSchedule schedule,
        int steps,
        double eta = 0,
        SamplerOptions? options = null
    )
    {
        ArgumentNullException.ThrowIfNull(schedule);
        options ??= Defaults;
        RequireOptions(kind, options);
        int max = MaxSteps(kind, schedule, options);
        if (steps < 1 || steps > max)
        {
            throw new ArgumentOutOfRangeException(
                nameof(steps),
                $"steps: {kind} takes 1…{max} with this model's noise schedule, got {steps}"
            );
        }
        if (!(eta >= 0 && eta <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(eta), $"eta: expected 0…1, got {eta}");
        }
        TimestepSpacing spacing = options.Spacing ?? DefaultSpacing(kind, schedule);
        bool karras = options.KarrasSigmas;
        PredictionType type = schedule.PredictionType;
        return kind switch
        {
            SamplerKind.Ddim => new DdimSampler(schedule, steps, spacing, eta),
            SamplerKind.Plms => new PlmsSampler(schedule, steps, spacing),
            SamplerKind.Ddpm => new DdpmSampler(schedule, steps, spacing),
            SamplerKind.Lms => new LmsSampler(type, SigmaGrid.ForDiffusers(schedule, steps, spacing, karras)),
            SamplerKind.Euler or SamplerKind.EulerAncestral => new EulerSampler(
                type,
                SigmaGrid.ForDiffusers(schedule, steps, spacing, karras),
                ancestral: kind == SamplerKind.EulerAncestral
            ),
            SamplerKind.EulerKDiffusion or SamplerKind.EulerAncestralKDiffusion => new EulerSampler(
                type,
                SigmaGrid.ForKDiffusion(schedule, steps, karras),
                ancestral: kind == SamplerKind.EulerAncestralKDiffusion
            ),
            SamplerKind.DpmSolverPlusPlus2M or SamplerKind.DpmSolverPlusPlus2MSde => new DpmSolverSampler(
                type,
                SigmaGrid.ForDpmSolver(schedule, steps, spacing, karras),
                stochastic: kind == SamplerKind.DpmSolverPlusPlus2MSde
            ),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), $"kind: {(int)kind} is not a sampler"),
        };
    }

    /// <summary>The most steps <see cref="Create"/> takes.</summary>
    public static int MaxSteps(SamplerKind kind, NoiseSchedule schedule, SamplerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        TimestepSpacing spacing = options?.Spacing ?? DefaultSpacing(kind, schedule);
        int distinct = SpacedTimesteps.MaxSteps(schedule, spacing);
        bool leavesOneOut =
            kind is SamplerKind.DpmSolverPlusPlus2M or SamplerKind.DpmSolverPlusPlus2MSde
            && spacing != TimestepSpacing.Trailing;
        return leavesOneOut ? distinct - 1 : distinct;
    }

    private static TimestepSpacing DefaultSpacing(SamplerKind kind, NoiseSchedule schedule) =>
        kind switch
        {
            SamplerKind.Ddim or SamplerKind.Plms or SamplerKind.Ddpm => schedule.Config.Spacing,
            _ => TimestepSpacing.Linspace,
        };

    private static void RequireOptions(SamplerKind kind, SamplerOptions options)
    {
        bool stepsInTimesteps = kind is SamplerKind.Ddim or SamplerKind.Plms or SamplerKind.Ddpm;
        if (options.KarrasSigmas && stepsInTimesteps)
        {
            throw new ArgumentException(
                $"options: {kind} steps in timesteps and has no Karras sigmas",
                nameof(options)
            );
        }
        bool kDiffusion = kind is SamplerKind.EulerKDiffusion or SamplerKind.EulerAncestralKDiffusion;
        if (kDiffusion && options.Spacing is not (null or TimestepSpacing.Linspace))
        {
            throw new ArgumentException(
                $"options: {kind} has linspace timesteps only, got {options.Spacing}",
                nameof(options)
            );
        }
    }
}
