namespace InstructDiffusion.Training.Recipes;

/// <summary>What is minimised.</summary>
public sealed record LossRecipe
{
    /// <summary>γ of min-SNR weighting (Hang et al. 2023); null weighs every timestep alike.</summary>
    public double? MinSnrGamma { get; init; }

    /// <summary>
    /// How strongly timesteps are drawn from the noisy end: t = T·u^(1/power) for u uniform in 0…1. 1 is uniform, as the
    /// reference; 2 draws t in proportion to t.
    /// </summary>
    public double TimestepPower { get; init; } = 1;

    /// <summary>λ of <see cref="Stages.ChangeWeighting"/>: how much more the places count that an edit changes; 0 for no more.</summary>
    public double ChangeWeight { get; init; }

    /// <summary>Weight of the autoencoder's mean absolute error.</summary>
    public double AutoencoderL1 { get; init; } = 1;

    /// <summary>Weight of its mean squared error.</summary>
    public double AutoencoderL2 { get; init; } = 1;

    /// <summary>Weight of the divergence of its posterior from N(0, 1), a mean over latents.</summary>
    public double AutoencoderKl { get; init; } = 1e-4;

    internal void Check(ProblemList problems)
    {
        problems.Require(
            MinSnrGamma is null or > 0 and <= 1e6,
            "loss.min_snr_gamma",
            $"must be above 0, got {MinSnrGamma}"
        );
        problems.Range(TimestepPower, 0.1, 10, "loss.timestep_power");
        problems.Range(ChangeWeight, 0, 1000, "loss.change_weight");
        problems.Range(AutoencoderL1, 0, 1e6, "loss.autoencoder_l1");
        problems.Range(AutoencoderL2, 0, 1e6, "loss.autoencoder_l2");
        problems.Range(AutoencoderKl, 0, 1e6, "loss.autoencoder_kl");
    }
}
