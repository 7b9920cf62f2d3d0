using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>
/// Fits a mixture by expectation and maximisation (Dempster et al. 1977) from the clusters of <see cref="KMeans"/>, with the steps of
/// scikit-learn's GaussianMixture.
/// </summary>
internal static class MixtureFit
{
    /// <summary>So that an empty component gives no NaN: ten times the spacing of numbers at 1, as in the reference.</summary>
    private const double LeastCount = 10 * 2.220446049250313e-16;

    /// <summary>Fits.</summary>
    /// <param name="points">[N, D], N at least the number of components.</param>
    /// <param name="settings">How.</param>
    /// <param name="seed">Of the clusters.</param>
    /// <param name="cancellationToken">Looked at before each round.</param>
    /// <returns>The mixture, owned by the caller, and whether it settled before the last round.</returns>
    /// <exception cref="ScoringException">Too few points.</exception>
    public static (GaussianMixture Mixture, bool Settled) Fit(
        Tensor points,
        MixtureSettings settings,
        long seed,
        CancellationToken cancellationToken
    )
    {
        TensorShape.Require(points, nameof(points), TensorShape.Any, TensorShape.Any);
        if (settings.Components < 1 || points.size(0) < settings.Components)
        {
            throw new ScoringException($"gmm: {settings.Components} components of {points.size(0)} pictures");
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor values = points.to(ScalarType.Float64);
        Tensor clusters = KMeans.Cluster(values, settings.Components, seed, cancellationToken); // [N] int64
        Tensor first = nn.functional.one_hot(clusters, settings.Components).to(ScalarType.Float64);
        GaussianMixture mixture = Maximise(values, first, settings.Regularization);
        try
        {
            double last = double.NegativeInfinity;
            for (int round = 0; round < settings.MaxRounds; round++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                double likelihood = Improve(ref mixture, values, settings.Regularization);
                if (Math.Abs(likelihood - last) < settings.Tolerance)
                {
                    return (mixture, true);
                }
                last = likelihood;
            }
            return (mixture, false);
        }
        catch
        {
            mixture.Dispose();
            throw;
        }
    }

    // One round; gives the mean log-likelihood before it.
    private static double Improve(ref GaussianMixture mixture, Tensor points, double regularization)
    {
        using var scope = NewDisposeScope();
        Tensor joint = mixture.LogJoint(points); // [N, K]
        Tensor total = joint.logsumexp(1, keepdim: true);
        GaussianMixture better = Maximise(points, joint.sub(total).exp(), regularization);
        mixture.Dispose();
        mixture = better;
        return total.mean().item<double>();
    }

    // [N, D] points, [N, K] parts of each that belong to a component
    private static GaussianMixture Maximise(Tensor points, Tensor parts, double regularization)
    {
        using var scope = NewDisposeScope();
        Tensor counts = parts.sum([0L]).Plus(LeastCount); // [K]
        Tensor means = parts.t().matmul(points).div(counts.unsqueeze(1)); // [K, D]
        Tensor diagonal = ones([points.size(1)], ScalarType.Float64).Times(regularization).diag();
        var covariances = new List<Tensor>();
        for (int k = 0; k < counts.size(0); k++)
        {
            using var step = NewDisposeScope();
            Tensor difference = points.sub(means[k]);
            Tensor weighted = difference.mul(parts.select(1, k).unsqueeze(1));
            Tensor covariance = weighted.t().matmul(difference).div(counts[k]).Plus(diagonal);
            covariances.Add(covariance.MoveToOuterDisposeScope());
        }
        return new GaussianMixture(counts.div(counts.sum()), means, stack(covariances));
    }
}
