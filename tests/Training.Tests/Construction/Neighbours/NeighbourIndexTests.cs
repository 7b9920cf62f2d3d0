using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Neighbours;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Tests.Scoring;

namespace InstructDiffusion.Training.Tests.Construction.Neighbours;

public sealed class NeighbourIndexTests
{
    private const int Size = 24;
    private const int Count = 2000;
    private const int Queries = 100;
    private const int Nearest = 10;

    private static readonly FeatureTable _table = Clustered(Count, 1);
    private static readonly FeatureTable _queries = Clustered(Queries, 2);

    [Fact]
    public void Search_Exact_IsWhatSortingGives()
    {
        IReadOnlyList<Neighbour> found = new ExactIndex(_table).Search(_queries.Row(0), Nearest);

        float[] query = _queries.Row(0).ToArray();
        int[] sorted =
        [
            .. Enumerable
                .Range(0, Count)
                .OrderByDescending(i => query.Select((value, k) => (double)value * _table.Row(i)[k]).Sum())
                .Take(Nearest),
        ];
        Assert.Equal(sorted, found.Select(neighbour => neighbour.Index));
        Assert.Equal(found.OrderByDescending(neighbour => neighbour.Similarity), found);
    }

    [Fact]
    public void Search_EqualVectors_ComeInTheTablesOrder()
    {
        var table = new FeatureTable(2, [1, 0, 0, 1, 1, 0, 1, 0]);

        Assert.Equal([0, 2, 3], new ExactIndex(table).Search([1, 0], 3).Select(neighbour => neighbour.Index));
    }

    [Fact]
    public void Search_InvertedLists_FindMoreOfTheNearestTheMoreTheyLookInto()
    {
        double one = Recall(probes: 1);
        double some = Recall(probes: 8);
        double all = Recall(probes: 40);

        Assert.InRange(one, 0.3, 1);
        Assert.True(some >= one);
        Assert.InRange(some, 0.9, 1); // with 8 of 40 groups
        Assert.Equal(1, all);
    }

    [Fact]
    public void Create_InvertedLists_AreTheSameAtEveryRun()
    {
        var one = new InvertedLists(_table, 40, 3, seed: 5, TestContext.Current.CancellationToken);
        var two = new InvertedLists(_table, 40, 3, seed: 5, TestContext.Current.CancellationToken);

        for (int i = 0; i < Queries; i++)
        {
            Assert.Equal(one.Search(_queries.Row(i), Nearest), two.Search(_queries.Row(i), Nearest));
        }
    }

    [Fact]
    public void Create_MoreGroupsThanVectors_IsExact()
    {
        var table = new FeatureTable(2, [1, 0, 0, 1, -1, 0]);
        var index = new InvertedLists(table, 99, 99, seed: 0, TestContext.Current.CancellationToken);

        Assert.Equal([1, 0], index.Search([0.1f, 0.9f], 2).Select(neighbour => neighbour.Index));
    }

    [Fact]
    public void Of_PixelFeatures_TellShapesAndColoursApart()
    {
        var features = new PixelFeatures();
        var whole = new RegionMask(12, 12, [.. Enumerable.Repeat(true, 144)]);
        var half = new RegionMask(12, 12, [.. Enumerable.Range(0, 144).Select(i => i % 12 < 6)]);
        float[] red = features.Of(TestImages.Plain(12, 12, 250, 10, 10), whole);
        float[] darkRed = features.Of(TestImages.Plain(12, 12, 220, 20, 20), whole);
        float[] blue = features.Of(TestImages.Plain(12, 12, 10, 10, 250), whole);
        float[] halfRed = features.Of(TestImages.Plain(12, 12, 250, 10, 10), half);

        Assert.Equal(1, Vectors.Dot(red, red), 1e-5);
        Assert.True(Vectors.Dot(red, darkRed) > Vectors.Dot(red, blue));
        Assert.True(Vectors.Dot(red, darkRed) > Vectors.Dot(red, halfRed));
    }

    [Fact]
    public void Of_Clip_IsItsImageEmbedding()
    {
        using var folder = new TempFolder();
        using var features = new ClipFeatures(TinyClip.Write(folder), "cpu", TestContext.Current.CancellationToken);
        var mask = new RegionMask(40, 30, [.. Enumerable.Repeat(true, 1200)]);

        float[] one = features.Of(TestImages.Photo(40, 30, seed: 1), mask);
        float[] other = features.Of(TestImages.Plain(40, 30, 200, 30, 30), mask);

        Assert.Equal(TinyClip.Size, one.Length);
        Assert.Equal(1, Vectors.Dot(one, one), 1e-5);
        Assert.Equal(one, features.Of(TestImages.Photo(40, 30, seed: 1), mask));
        Assert.NotEqual(one, other);
    }

    private static double Recall(int probes)
    {
        var exact = new ExactIndex(_table);
        var lists = new InvertedLists(_table, 40, probes, seed: 5, TestContext.Current.CancellationToken);
        int found = 0;
        for (int i = 0; i < Queries; i++)
        {
            IEnumerable<int> near = exact.Search(_queries.Row(i), Nearest).Select(neighbour => neighbour.Index);
            found += lists.Search(_queries.Row(i), Nearest).Count(neighbour => near.Contains(neighbour.Index));
        }
        return (double)found / (Queries * Nearest);
    }

    // Vectors around 30 directions, as things of 30 kinds would lie.
    private static FeatureTable Clustered(int count, long seed)
    {
        var values = new float[count * Size];
        for (int i = 0; i < count; i++)
        {
            var random = new CounterRandom(seed, RandomPurpose.Construction, i);
            var kind = new CounterRandom(0, RandomPurpose.Construction, random.Next(30));
            float[] vector = [.. Enumerable.Range(0, Size).Select(_ => (float)kind.NextNormal())];
            for (int k = 0; k < Size; k++)
            {
                vector[k] += (float)(0.4 * random.NextNormal());
            }
            Vectors.Normalize(vector).CopyTo(values.AsSpan(i * Size));
        }
        return new FeatureTable(Size, values);
    }
}
