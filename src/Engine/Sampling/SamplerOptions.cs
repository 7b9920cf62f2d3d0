namespace InstructDiffusion.Engine.Sampling;

/// <summary>Variations of a sampler that a request cannot choose; the defaults are diffusers' for Stable Diffusion folders.</summary>
public sealed record SamplerOptions
{
    /// <summary>
    /// How timesteps are picked. Null = the sampler's own: the model's for DDIM, PLMS and DDPM; linspace for the others. The
    /// k-diffusion forms know only linspace.
    /// </summary>
    public TimestepSpacing? Spacing { get; init; }

    /// <summary>
    /// Sigmas spaced evenly in σ^(1/7) (Karras et al. 2022, eq. 5) instead of by timestep; for the samplers that step in σ.
    /// </summary>
    public bool KarrasSigmas { get; init; }
}
