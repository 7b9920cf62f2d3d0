namespace InstructDiffusion.Engine.Sampling;

/// <summary>How the noise added per training timestep (β) grows.</summary>
public enum BetaSchedule
{
    /// <summary>β grows linearly (Ho et al. 2020); diffusers' "linear".</summary>
    Linear,

    /// <summary>√β grows linearly, as Stable Diffusion was trained; diffusers' "scaled_linear", ldm's "linear".</summary>
    ScaledLinear,

    /// <summary>ᾱ follows a squared cosine (Nichol and Dhariwal 2021, eq. 17); diffusers' "squaredcos_cap_v2".</summary>
    SquaredCosine,
}
