using InstructDiffusion.Engine.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>
/// KNN-GIQA: a picture is the better, the nearer the nearest of a gallery of real pictures are in the space of features. Exact: every
/// picture of the gallery is looked at.
/// </summary>
internal sealed class KnnQuality : IQualityModel
{
    // What torch's pairwise_distance adds to every difference; so the released code divides by no zero either.
    private const double Epsilon = 1e-6;

    // A picture differs from its own copy by rounding, some 1e-8 of features of some 1/√768.
    private const double CopyDifference = 1e-5;

    private const int GalleryRows = 16_384;
    private const int QueryRows = 64;

    private readonly QualitySettings _settings;
    private readonly KnnSettings _knn;
    private readonly PrincipalComponents? _components;
    private readonly Tensor _gallery; // fp32 [M, k]

    /// <summary>Takes ownership of the components and a copy of the gallery.</summary>
    /// <param name="settings">With their part for this kind.</param>
    /// <param name="components">Null to compare the features themselves.</param>
    /// <param name="gallery">[M, k], as the components give them.</param>
    /// <exception cref="ScoringException">The gallery holds fewer pictures than neighbours are wanted.</exception>
    public KnnQuality(QualitySettings settings, PrincipalComponents? components, Tensor gallery)
    {
        _knn = settings.Knn ?? throw new ScoringException("knn: its settings are missing");
        TensorShape.Require(gallery, nameof(gallery), TensorShape.Any, components?.Count ?? TensorShape.Any);
        if (_knn.Neighbours < 1 || gallery.size(0) < _knn.Neighbours)
        {
            throw new ScoringException($"knn: {_knn.Neighbours} neighbours of {gallery.size(0)} pictures");
        }
        _settings = settings;
        _components = components;
        _gallery = gallery.to(ScalarType.Float32, copy: true).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public QualityKind Kind => QualityKind.Knn;

    /// <inheritdoc/>
    public int Features => _components?.Features ?? (int)_gallery.size(1);

    /// <summary>Makes a gallery of pictures.</summary>
    /// <param name="features">[M, D] of real pictures.</param>
    /// <param name="settings">With their part for this kind.</param>
    /// <param name="variance">Part of the variance that principal components keep; null for the features themselves.</param>
    public static KnnQuality Fit(Tensor features, QualitySettings settings, double? variance)
    {
        PrincipalComponents? components = variance is { } part ? PrincipalComponents.Fit(features, part) : null;
        using var scope = NewDisposeScope();
        settings = settings with { Pictures = features.size(0) };
        return new KnnQuality(settings, components, components?.Transform(features) ?? features);
    }

    /// <inheritdoc/>
    public double[] Score(Tensor features)
    {
        TensorShape.Require(features, nameof(features), TensorShape.Any, Features);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor points = (_components?.Transform(features) ?? features).to(ScalarType.Float32);
        int count = (int)points.size(0);
        double[] scores = new double[count];
        for (int start = 0; start < count; start += QueryRows)
        {
            int rows = Math.Min(QueryRows, count - start);
            NearestDistances nearest = Nearest(points.narrow(0, start, rows), rows);
            for (int row = 0; row < rows; row++)
            {
                scores[start + row] = ScoreOf(nearest.Of(row));
            }
        }
        return scores;
    }

    /// <inheritdoc/>
    public QualityState State()
    {
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["gallery"] = _gallery.alias() };
        QualityFile.AddComponents(tensors, _components);
        return new QualityState(_settings, tensors);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _components?.Dispose();
        _gallery.Dispose();
    }

    private NearestDistances Nearest(Tensor points, int rows)
    {
        double perFeature = _knn.IsReleasedForm ? _gallery.size(1) : Math.Sqrt(_gallery.size(1));
        double least = _knn.SkipsCopies ? perFeature * CopyDifference : 0;
        var nearest = new NearestDistances(rows, _knn.Neighbours, least);
        Tensor moved = points.Plus(Epsilon); // |(x + ε) − y| is what the reference sums
        for (long at = 0; at < _gallery.size(0); at += GalleryRows)
        {
            using var step = NewDisposeScope();
            Tensor part = _gallery.narrow(0, at, Math.Min(GalleryRows, _gallery.size(0) - at));
            // Not by products of matrices: near pictures would drown in their rounding.
            Tensor distances = cdist(
                moved,
                part,
                _knn.IsReleasedForm ? 1.0 : 2.0,
                compute_mode.donot_use_mm_for_euclid_dist
            );
            nearest.Add(distances.contiguous().data<float>().ToArray());
        }
        return nearest;
    }

    private double ScoreOf(ReadOnlySpan<float> distances)
    {
        if (distances.IsEmpty)
        {
            throw new ScoringException("knn: the gallery holds nothing but copies of a picture");
        }
        double sum = 0;
        foreach (float distance in distances)
        {
            sum += _knn.IsReleasedForm ? 1 / (double)distance : 1 / ((double)distance * distance);
        }
        return _knn.IsReleasedForm ? sum : sum / distances.Length;
    }
}
