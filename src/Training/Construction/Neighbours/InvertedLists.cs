using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Construction.Neighbours;

/// <summary>
/// Inverted lists (IVF): vectors are grouped around centres by k-means on the sphere, and a query is compared with the groups of
/// the nearest centres alone. With every group it is exact; with few it is quick and misses some.
/// </summary>
internal sealed class InvertedLists : INeighbourIndex
{
    private const int Rounds = 12;

    private readonly FeatureTable _table;
    private readonly FeatureTable _centres;
    private readonly int[][] _lists;
    private readonly int _probes;

    /// <param name="table">The vectors.</param>
    /// <param name="lists">Groups, at least 1; more than vectors are as many as vectors.</param>
    /// <param name="probes">Groups that a query is compared with.</param>
    /// <param name="seed">Of the first centres.</param>
    /// <param name="cancellationToken">Looked at in every round.</param>
    public InvertedLists(
        FeatureTable table,
        int lists,
        int probes,
        long seed,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lists, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(probes, 1);
        _table = table;
        _probes = probes;
        lists = Math.Min(lists, table.Count);
        _centres = new FeatureTable(table.Size, FirstCentres(table, lists, seed));
        int[] group = new int[table.Count];
        for (int round = 0; round < Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Parallel.For(0, table.Count, i => group[i] = Nearest(_centres, table.Row(i)));
            MoveCentres(group);
        }
        Parallel.For(0, table.Count, i => group[i] = Nearest(_centres, table.Row(i)));
        _lists = [.. Enumerable.Range(0, lists).Select(list => Members(group, list))];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Neighbour> Search(ReadOnlySpan<float> query, int count)
    {
        var nearest = new NearestList(count);
        foreach (Neighbour centre in new ExactIndex(_centres).Search(query, _probes))
        {
            foreach (int i in _lists[centre.Index])
            {
                nearest.Offer(new Neighbour(i, Vectors.Dot(query, _table.Row(i))));
            }
        }
        return nearest.Best;
    }

    // Some of the vectors themselves, each once.
    private static float[] FirstCentres(FeatureTable table, int lists, long seed)
    {
        int[] order = [.. Enumerable.Range(0, table.Count)];
        var random = new CounterRandom(seed, RandomPurpose.Construction, -1);
        var centres = new float[lists * table.Size];
        for (int i = 0; i < lists; i++)
        {
            int other = i + random.Next(table.Count - i);
            (order[i], order[other]) = (order[other], order[i]);
            table.Row(order[i]).CopyTo(centres.AsSpan(i * table.Size));
        }
        return centres;
    }

    // Summed in the order of the table, so that the same vectors give the same centres on any number of threads.
    private void MoveCentres(int[] group)
    {
        var sums = new double[_centres.Values.Length];
        for (int i = 0; i < group.Length; i++)
        {
            ReadOnlySpan<float> row = _table.Row(i);
            int to = group[i] * _table.Size;
            for (int k = 0; k < row.Length; k++)
            {
                sums[to + k] += row[k];
            }
        }
        for (int centre = 0; centre < _centres.Count; centre++)
        {
            float[] sum = [.. sums.AsSpan(centre * _table.Size, _table.Size).ToArray().Select(value => (float)value)];
            if (Array.Exists(sum, value => value != 0)) // a group that lost its last member keeps its centre
            {
                Vectors.Normalize(sum).CopyTo(_centres.Values.AsSpan(centre * _table.Size));
            }
        }
    }

    private static int Nearest(FeatureTable centres, ReadOnlySpan<float> row)
    {
        (int best, float similarity) = (0, float.NegativeInfinity);
        for (int i = 0; i < centres.Count; i++)
        {
            float candidate = Vectors.Dot(row, centres.Row(i));
            if (candidate > similarity)
            {
                (best, similarity) = (i, candidate);
            }
        }
        return best;
    }

    private static int[] Members(int[] group, int list) =>
        [.. Enumerable.Range(0, group.Length).Where(i => group[i] == list)];
}
