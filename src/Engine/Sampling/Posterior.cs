namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// The Gaussian q(x_p | x_t, x₀) of a less noisy latent given a noisier one: mean OfOriginal·x₀ + OfNoisy·x_t (Ho et al. 2020,
/// eq. 6 and 7; with p = t−1 these are ldm's posterior_mean_coef1, posterior_mean_coef2 and posterior_variance).
/// </summary>
/// <param name="OfOriginal">Coefficient of x₀ in the mean.</param>
/// <param name="OfNoisy">Coefficient of x_t in the mean.</param>
/// <param name="Variance">Variance; 0 where ᾱ_p is 1.</param>
public readonly record struct Posterior(double OfOriginal, double OfNoisy, double Variance)
{
    /// <summary>The posterior between two noise levels.</summary>
    /// <param name="alphaNoisy">ᾱ_t, in (0, 1).</param>
    /// <param name="alphaPrevious">ᾱ_p, above <paramref name="alphaNoisy"/>, at most 1.</param>
    public static Posterior Between(double alphaNoisy, double alphaPrevious)
    {
        double alpha = alphaNoisy / alphaPrevious;
        double beta = 1 - alpha;
        double noisy = 1 - alphaNoisy;
        double previous = 1 - alphaPrevious;
        return new Posterior(
            Math.Sqrt(alphaPrevious) * beta / noisy,
            Math.Sqrt(alpha) * previous / noisy,
            beta * previous / noisy
        );
    }
}
