namespace InstructDiffusion.Engine.Weights;

/// <summary>What a network's tensors do not show. The defaults are Stable Diffusion 1's.</summary>
public sealed record ComponentHints
{
    /// <summary>Attention heads of the UNet, at every level.</summary>
    public int Heads { get; init; } = 8;

    /// <summary>Attention heads of the text encoder; null: one for every 64 features, as in CLIP.</summary>
    public int? TextHeads { get; init; }

    /// <summary>Groups of every group normalisation.</summary>
    public int NormGroups { get; init; } = 32;

    /// <summary>Scale of the latents.</summary>
    public double ScalingFactor { get; init; } = 0.18215;
}
