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
        TimestepSpacing spacing = options.Spacing ?? DefaultSpacing(kind);
        return kind switch
        {
            SamplerKind.Ddim => new DdimSampler(schedule, steps, spacing, eta),
            _ => throw Unknown(kind),
        };
    }

    /// <summary>The most steps <see cref="Create"/> takes.</summary>
    public static int MaxSteps(SamplerKind kind, NoiseSchedule schedule, SamplerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        TimestepSpacing spacing = options?.Spacing ?? DefaultSpacing(kind);
        return SpacedTimesteps.MaxSteps(schedule, spacing);
    }

    private static TimestepSpacing DefaultSpacing(SamplerKind kind) =>
        kind switch
        {
            SamplerKind.Ddim or SamplerKind.Plms or SamplerKind.Ddpm => TimestepSpacing.Leading,
            _ => TimestepSpacing.Linspace,
        };

    private static void RequireOptions(SamplerKind kind, SamplerOptions options)
    {
        if (options.KarrasSigmas && kind is SamplerKind.Ddim or SamplerKind.Plms or SamplerKind.Ddpm)
        {
            throw new ArgumentException(
                $"options: {kind} steps in timesteps and has no Karras sigmas",
                nameof(options)
            );
        }
    }

    private static ArgumentOutOfRangeException Unknown(SamplerKind kind) =>
        new(nameof(kind), $"kind: {(int)kind} is not a sampler");
}
