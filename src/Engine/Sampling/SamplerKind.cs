namespace InstructDiffusion.Engine.Sampling;

/// <summary>The samplers a request can choose. Model calls equal steps, save where said.</summary>
public enum SamplerKind
{
    /// <summary>DDIM with diffusers' leading timesteps (Song et al. 2021, eq. 12 and 16). The default; the only one with η.</summary>
    Ddim,

    /// <summary>Euler (Karras et al. 2022, algorithm 2 without churn), diffusers' sigmas. Deterministic.</summary>
    Euler,

    /// <summary>Euler ancestral with diffusers' sigmas (interpolated linearly in sigma), fractional timesteps. Draws noise.</summary>
    EulerAncestral,

    /// <summary>
    /// Euler ancestral as the authors run it: k-diffusion's sigmas (interpolated in log sigma), fractional timesteps. Draws noise.
    /// </summary>
    EulerAncestralKDiffusion,

    /// <summary>Euler with k-diffusion's sigmas. Deterministic.</summary>
    EulerKDiffusion,

    /// <summary>DPM-Solver++ 2M (Lu et al. 2022, algorithm 2), diffusers' linspace timesteps. Deterministic.</summary>
    DpmSolverPlusPlus2M,

    /// <summary>The stochastic form of DPM-Solver++ 2M. Draws noise.</summary>
    DpmSolverPlusPlus2MSde,

    /// <summary>Linear multistep of order 4 (k-diffusion's LMS), diffusers' sigmas. Deterministic.</summary>
    Lms,

    /// <summary>
    /// Pseudo linear multistep (Liu et al. 2022, PNDM without Runge-Kutta start), leading timesteps; one model call more than
    /// steps. Deterministic.
    /// </summary>
    Plms,

    /// <summary>Ancestral sampling of DDPM (Ho et al. 2020), leading timesteps. Draws noise.</summary>
    Ddpm,
}
