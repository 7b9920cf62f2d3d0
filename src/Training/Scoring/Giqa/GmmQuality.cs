using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>
/// GMM-GIQA: ln p of a picture's features under a mixture of normal distributions that was fitted to real pictures. Large negative
/// numbers are usual, as the space has many dimensions.
/// </summary>
internal sealed class GmmQuality : IQualityModel
{
    private readonly QualitySettings _settings;
    private readonly PrincipalComponents? _components;
    private readonly GaussianMixture _mixture;

    /// <summary>Takes ownership of components and mixture.</summary>
    public GmmQuality(QualitySettings settings, PrincipalComponents? components, GaussianMixture mixture)
    {
        if (components is not null && components.Count != mixture.Features)
        {
            throw new ScoringException($"gmm: {components.Count} components, a mixture of {mixture.Features} features");
        }
        _settings = settings;
        _components = components;
        _mixture = mixture;
    }

    /// <inheritdoc/>
    public QualityKind Kind => QualityKind.Gmm;

    /// <inheritdoc/>
    public int Features => _components?.Features ?? _mixture.Features;

    /// <summary>Fits one.</summary>
    /// <param name="features">[N, D] of real pictures.</param>
    /// <param name="settings">With their part for this kind.</param>
    /// <param name="variance">Part of the variance that principal components keep; null for the features themselves.</param>
    /// <param name="cancellationToken">Looked at before each round.</param>
    public static (GmmQuality Model, bool Settled) Fit(
        Tensor features,
        QualitySettings settings,
        double? variance,
        CancellationToken cancellationToken
    )
    {
        MixtureSettings own = settings.Gmm ?? throw new ScoringException("gmm: its settings are missing");
        PrincipalComponents? components = variance is { } part ? PrincipalComponents.Fit(features, part) : null;
        try
        {
            using var scope = NewDisposeScope();
            Tensor points = components?.Transform(features) ?? features;
            (GaussianMixture mixture, bool settled) = MixtureFit.Fit(points, own, settings.Seed, cancellationToken);
            settings = settings with { Pictures = features.size(0) };
            return (new GmmQuality(settings, components, mixture), settled);
        }
        catch
        {
            components?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public double[] Score(Tensor features)
    {
        TensorShape.Require(features, nameof(features), TensorShape.Any, Features);
        using var scope = NewDisposeScope();
        Tensor points = _components?.Transform(features) ?? features;
        return _mixture.LogDensity(points).data<double>().ToArray();
    }

    /// <inheritdoc/>
    public QualityState State()
    {
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["weights"] = _mixture.Weights(),
            ["means"] = _mixture.Means.alias(),
            ["covariances"] = _mixture.Covariances.alias(),
        };
        QualityFile.AddComponents(tensors, _components);
        return new QualityState(_settings, tensors);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _components?.Dispose();
        _mixture.Dispose();
    }
}
