using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>A mixture of normal distributions with full covariances, in fp64.</summary>
internal sealed class GaussianMixture : IDisposable
{
    // A covariance that is not positive for rounding gets more and more on its diagonal, up to this times its mean variance.
    private const double MostRegularization = 1e-2;

    private readonly Tensor _logWeights; // [K]
    private readonly Tensor _means; // [K, D]
    private readonly Tensor _covariances; // [K, D, D]
    private readonly Tensor _roots; // [K, D, D]: lower triangles L, covariance = L·Lᵀ
    private readonly Tensor _logScales; // [K]: ln of what each density is divided by

    /// <summary>Takes copies.</summary>
    /// <param name="weights">[K], positive, of sum 1.</param>
    /// <param name="means">[K, D].</param>
    /// <param name="covariances">[K, D, D], symmetric.</param>
    /// <exception cref="ScoringException">A covariance is not positive and cannot be mended.</exception>
    public GaussianMixture(Tensor weights, Tensor means, Tensor covariances)
    {
        TensorShape.Require(weights, nameof(weights), TensorShape.Any);
        TensorShape.Require(means, nameof(means), weights.size(0), TensorShape.Any);
        TensorShape.Require(covariances, nameof(covariances), means.size(0), means.size(1), means.size(1));
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        _logWeights = weights.to(ScalarType.Float64).log().DetachFromDisposeScope();
        _means = means.to(ScalarType.Float64, copy: true).DetachFromDisposeScope();
        _covariances = covariances.to(ScalarType.Float64, copy: true).DetachFromDisposeScope();
        Tensor[] roots = [.. Enumerable.Range(0, Components).Select(k => RootOf(_covariances[k], k))];
        _roots = stack(roots).DetachFromDisposeScope();
        Tensor logDiagonals = _roots.diagonal(0, 1, 2).log().sum(-1);
        _logScales = logDiagonals.Plus(0.5 * Features * Math.Log(2 * Math.PI)).DetachFromDisposeScope();
    }

    /// <summary>Normal distributions, K.</summary>
    public int Components => (int)_means.size(0);

    /// <summary>Features, D.</summary>
    public int Features => (int)_means.size(1);

    /// <summary>The weights, [K]; owned by the caller.</summary>
    public Tensor Weights() => _logWeights.exp();

    /// <summary>[K, D]; owned by this object.</summary>
    public Tensor Means => _means;

    /// <summary>[K, D, D]; owned by this object.</summary>
    public Tensor Covariances => _covariances;

    /// <summary>ln p(x) of each point.</summary>
    /// <param name="points">[B, D].</param>
    /// <returns>fp64 [B], owned by the caller.</returns>
    public Tensor LogDensity(Tensor points)
    {
        using var scope = NewDisposeScope();
        return LogJoint(points).logsumexp(1).MoveToOuterDisposeScope();
    }

    /// <summary>ln p(x, k) of each point and component: their logarithms never leave the range of numbers.</summary>
    /// <param name="points">[B, D].</param>
    /// <returns>fp64 [B, K], owned by the caller.</returns>
    public Tensor LogJoint(Tensor points)
    {
        TensorShape.Require(points, nameof(points), TensorShape.Any, Features);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor values = points.to(ScalarType.Float64);
        var columns = new List<Tensor>();
        for (int k = 0; k < Components; k++)
        {
            // ‖L⁻¹(x − µ)‖², by solving and not by inverting.
            Tensor difference = values.sub(_means[k]).t(); // [D, B]
            Tensor whitened = linalg.solve_triangular(_roots[k], difference, upper: false);
            Tensor squares = whitened.mul(whitened).sum([0L]).Times(-0.5); // [B]
            columns.Add(squares.sub(_logScales[k]).Plus(_logWeights[k]));
        }
        return stack(columns, 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in (Tensor[])[_logWeights, _means, _covariances, _roots, _logScales])
        {
            tensor.Dispose();
        }
    }

    private static Tensor RootOf(Tensor covariance, int component)
    {
        double scale = covariance.diagonal().mean().item<double>();
        for (double more = 0; more <= MostRegularization; more = more == 0 ? 1e-8 : more * 10)
        {
            Tensor diagonal = ones_like(covariance.diagonal()).Times(more * scale).diag();
            (Tensor root, Tensor info) = linalg.cholesky_ex(covariance.Plus(diagonal));
            if (info.item<int>() == 0)
            {
                return root;
            }
        }
        throw new ScoringException(
            $"gmm: the covariance of component {component} is not positive: more pictures, fewer components, or principal "
                + "components that keep less are needed"
        );
    }
}
