using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>
/// Features turned to their principal components, of which as many are kept as explain a part of the variance; the released code's
/// <c>PCA(0.95)</c> of scikit-learn. In fp64.
/// </summary>
internal sealed class PrincipalComponents : IDisposable
{
    private readonly Tensor _mean; // [D]
    private readonly Tensor _components; // [D, k]

    /// <summary>Takes copies.</summary>
    /// <param name="mean">[D].</param>
    /// <param name="components">[D, k], columns of length 1 at right angles.</param>
    public PrincipalComponents(Tensor mean, Tensor components)
    {
        TensorShape.Require(mean, nameof(mean), TensorShape.Any);
        TensorShape.Require(components, nameof(components), mean.size(0), TensorShape.Any);
        _mean = mean.to(ScalarType.Float64, copy: true).DetachFromDisposeScope();
        _components = components.to(ScalarType.Float64, copy: true).DetachFromDisposeScope();
    }

    /// <summary>Features that go in.</summary>
    public int Features => (int)_mean.size(0);

    /// <summary>Components that come out.</summary>
    public int Count => (int)_components.size(1);

    /// <summary>[D]; owned by this object.</summary>
    public Tensor Mean => _mean;

    /// <summary>[D, k]; owned by this object.</summary>
    public Tensor Components => _components;

    /// <summary>Finds them.</summary>
    /// <param name="features">[N, D], N at least 2.</param>
    /// <param name="variance">Part of the variance to be explained, between 0 and 1: the fewest components that explain more.</param>
    /// <exception cref="ScoringException">Too few pictures, or all are the same.</exception>
    public static PrincipalComponents Fit(Tensor features, double variance)
    {
        TensorShape.Require(features, nameof(features), TensorShape.Any, TensorShape.Any);
        if (!(variance is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(variance), variance, "variance: must lie between 0 and 1");
        }
        long count = features.size(0);
        if (count < 2)
        {
            throw new ScoringException($"principal components need at least 2 pictures, got {count}");
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor values = features.to(ScalarType.Float64);
        Tensor mean = values.mean([0]);
        Tensor centred = values.sub(mean);
        (Tensor ascending, Tensor vectors) = linalg.eigh(centred.t().matmul(centred).Over(count - 1), 'L');
        double[] explained = [.. ascending.data<double>().ToArray().Reverse().Select(value => Math.Max(value, 0))];
        double total = explained.Sum();
        if (!(total > 0 && double.IsFinite(total)))
        {
            throw new ScoringException($"principal components: the variance of {count} pictures is {total}");
        }
        int kept = KeptOf(explained, total * variance, Math.Min(count, features.size(1)));
        Tensor components = vectors.narrow(1, vectors.size(1) - kept, kept).flip(1); // the largest first
        return new PrincipalComponents(mean, Directed(components));
    }

    /// <summary>Features as components.</summary>
    /// <param name="features">[B, D].</param>
    /// <returns>fp64 [B, k], owned by the caller.</returns>
    public Tensor Transform(Tensor features)
    {
        TensorShape.Require(features, nameof(features), TensorShape.Any, Features);
        using var scope = NewDisposeScope();
        return features.to(ScalarType.Float64).sub(_mean).matmul(_components).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mean.Dispose();
        _components.Dispose();
    }

    private static int KeptOf(double[] explained, double wanted, long most)
    {
        double sum = 0;
        int kept = 0;
        while (kept < most && sum <= wanted)
        {
            sum += explained[kept++];
        }
        return kept;
    }

    // An eigenvector may point either way: its largest element shall be positive, so that fits are the same everywhere.
    private static Tensor Directed(Tensor components)
    {
        Tensor largest = components.gather(0, components.abs().argmax(0, keepdim: true)); // [1, k]
        return components.mul(largest.sign());
    }
}
