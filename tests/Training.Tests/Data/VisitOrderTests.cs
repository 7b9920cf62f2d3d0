using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Tests.Data;

public sealed class VisitOrderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(64)]
    [InlineData(1000)]
    public void AnEpoch_VisitsEachOnce(long count)
    {
        var order = new VisitOrder(23, count);

        for (int epoch = 0; epoch < 3; epoch++)
        {
            long start = epoch * count;
            IEnumerable<long> visited = Enumerable.Range(0, (int)count).Select(i => order.At(start + i));
            Assert.Equal(Enumerable.Range(0, (int)count).Select(i => (long)i), visited.Order());
        }
    }

    [Fact]
    public void Epochs_AndSeeds_DifferInOrder()
    {
        long[] first = Visits(23, 0);

        Assert.NotEqual(first, Visits(23, 100));
        Assert.NotEqual(first, Visits(24, 0));
        Assert.Equal(first, Visits(23, 0));
    }

    [Fact]
    public void Neighbours_ComeFarApart()
    {
        long[] visits = Visits(23, 0, 1000);

        int close = visits.Zip(visits.Skip(1)).Count(pair => Math.Abs(pair.First - pair.Second) == 1);
        Assert.InRange(close, 0, 12); // 2 expected of a random permutation
    }

    private static long[] Visits(long seed, long from, long count = 100)
    {
        var order = new VisitOrder(seed, count);
        return [.. Enumerable.Range(0, (int)count).Select(i => order.At(from + i))];
    }
}
