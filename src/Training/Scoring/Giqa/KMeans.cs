using InstructDiffusion.Training.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>Clusters of points: k-means (Lloyd 1982) from centres drawn far apart (Arthur and Vassilvitskii 2007).</summary>
internal static class KMeans
{
    private const int MostRounds = 300;

    /// <summary>Clusters points.</summary>
    /// <param name="points">fp64 [N, D].</param>
    /// <param name="count">Clusters, 1…N.</param>
    /// <param name="seed">Of the first centres.</param>
    /// <param name="cancellationToken">Looked at before each round.</param>
    /// <returns>int64 [N], the cluster of each point, owned by the caller.</returns>
    public static Tensor Cluster(Tensor points, int count, long seed, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        Tensor centres = FirstCentres(points, count, seed);
        long[] clusters = [];
        for (int round = 0; round < MostRounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            (Tensor distances, Tensor nearest) = Distances(points, centres).min(1);
            long[] next = nearest.data<long>().ToArray();
            FillEmpty(next, distances.data<double>().ToArray(), count);
            if (next.SequenceEqual(clusters))
            {
                break;
            }
            clusters = next;
            Tensor members = nn.functional.one_hot(tensor(clusters), count).to(ScalarType.Float64); // [N, K]
            Tensor means = members.t().matmul(points).div(members.sum([0L]).unsqueeze(1));
            centres.copy_(means);
        }
        return tensor(clusters).MoveToOuterDisposeScope();
    }

    // Each further centre is a point drawn with a probability that grows with its squared distance from the centres before.
    private static Tensor FirstCentres(Tensor points, int count, long seed)
    {
        var random = new CounterRandom(seed, RandomPurpose.Quality, 0);
        var chosen = new List<long> { random.Next(points.size(0)) };
        using var scope = NewDisposeScope();
        while (chosen.Count < count)
        {
            using var step = NewDisposeScope();
            Tensor centres = points.index_select(0, tensor(chosen.ToArray()));
            (Tensor distances, _) = Distances(points, centres).min(1);
            double[] squares = [.. distances.data<double>().ToArray().Select(distance => distance * distance)];
            chosen.Add(Draw(squares, random.NextDouble()));
        }
        return points.index_select(0, tensor(chosen.ToArray())).MoveToOuterDisposeScope();
    }

    private static long Draw(double[] weights, double at)
    {
        double left = at * weights.Sum();
        for (int i = 0; i < weights.Length; i++)
        {
            left -= weights[i];
            if (left < 0)
            {
                return i;
            }
        }
        return Array.FindLastIndex(weights, weight => weight > 0) is >= 0 and var last ? last : 0; // all points are the same
    }

    // A cluster that lost all its points takes the one that is worst off elsewhere.
    private static void FillEmpty(long[] clusters, double[] distances, int count)
    {
        long[] sizes = new long[count];
        foreach (long cluster in clusters)
        {
            sizes[cluster]++;
        }
        for (int cluster = 0; cluster < count; cluster++)
        {
            if (sizes[cluster] > 0)
            {
                continue;
            }
            int worst = Enumerable
                .Range(0, clusters.Length)
                .Where(i => sizes[clusters[i]] > 1)
                .MaxBy(i => distances[i]);
            sizes[clusters[worst]]--;
            clusters[worst] = cluster;
            distances[worst] = 0;
            sizes[cluster] = 1;
        }
    }

    private static Tensor Distances(Tensor points, Tensor centres) =>
        cdist(points, centres, 2.0, compute_mode.donot_use_mm_for_euclid_dist);
}
