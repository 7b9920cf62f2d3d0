namespace InstructDiffusion.Engine.Sampling;

/// <summary>The names of the samplers for people and programs: on the wire, in files, on the command line.</summary>
public static class SamplerNames
{
    /// <summary>Every name with its sampler, in the order to show them.</summary>
    public static IReadOnlyDictionary<string, SamplerKind> ByName { get; } =
        new OrderedDictionary<string, SamplerKind>(StringComparer.Ordinal)
        {
            ["ddim"] = SamplerKind.Ddim,
            ["euler"] = SamplerKind.Euler,
            ["euler_k_diffusion"] = SamplerKind.EulerKDiffusion,
            ["euler_ancestral"] = SamplerKind.EulerAncestral,
            ["euler_ancestral_k_diffusion"] = SamplerKind.EulerAncestralKDiffusion,
            ["dpmpp_2m"] = SamplerKind.DpmSolverPlusPlus2M,
            ["dpmpp_2m_sde"] = SamplerKind.DpmSolverPlusPlus2MSde,
            ["lms"] = SamplerKind.Lms,
            ["plms"] = SamplerKind.Plms,
            ["ddpm"] = SamplerKind.Ddpm,
        };

    /// <summary>The sampler's name.</summary>
    public static string NameOf(SamplerKind kind) => ByName.First(pair => pair.Value == kind).Key;
}
