namespace InstructDiffusion.Engine.Sampling;

/// <summary>The samplers a request can choose.</summary>
public enum SamplerKind
{
    /// <summary>DDIM with diffusers' leading timesteps (Song et al. 2021, eq. 12 and 16). The default.</summary>
    Ddim,

    /// <summary>Euler (Karras et al. 2022, algorithm 2 without churn), diffusers' sigmas.</summary>
    Euler,

    /// <summary>Euler ancestral with diffusers' sigmas (interpolated linearly in sigma).</summary>
    EulerAncestral,

    /// <summary>Euler ancestral as the authors run it: k-diffusion's sigmas (interpolated in log sigma), fractional timesteps.</summary>
    EulerAncestralKDiffusion,

    /// <summary>Euler with k-diffusion's sigmas.</summary>
    EulerKDiffusion,

    /// <summary>DPM-Solver++ 2M (Lu et al. 2022, algorithm 2).</summary>
    DpmSolverPlusPlus2M,

    /// <summary>The stochastic form of DPM-Solver++ 2M.</summary>
    DpmSolverPlusPlus2MSde,

    /// <summary>Linear multistep of order 4 (Karras et al. 2022, k-diffusion's LMS).</summary>
    Lms,

    /// <summary>Pseudo linear multistep (Liu et al. 2022, PNDM without Runge-Kutta start).</summary>
    Plms,

    /// <summary>Ancestral sampling of DDPM (Ho et al. 2020).</summary>
    Ddpm,
}
