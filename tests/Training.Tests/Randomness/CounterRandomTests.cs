using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Tests.Randomness;

public sealed class CounterRandomTests
{
    [Fact]
    public void SameKey_GivesTheSameStream()
    {
        var first = new CounterRandom(23, RandomPurpose.Noise, 7, 3);
        var second = new CounterRandom(23, RandomPurpose.Noise, 7, 3);

        Assert.Equal(Bits(ref first, 100), Bits(ref second, 100));
    }

    [Fact]
    public void EveryPartOfTheKey_ChangesTheStream()
    {
        CounterRandom[] streams =
        [
            new(23, RandomPurpose.Noise, 7, 3),
            new(24, RandomPurpose.Noise, 7, 3),
            new(23, RandomPurpose.Timestep, 7, 3),
            new(23, RandomPurpose.Noise, 8, 3),
            new(23, RandomPurpose.Noise, 7, 4),
            new(23, RandomPurpose.Noise, 3, 7),
        ];

        Assert.Equal(streams.Length, streams.Select(stream => stream.NextBits()).Distinct().Count());
    }

    [Fact]
    public void NeighbouringKeys_AreUncorrelated()
    {
        var values = new double[20_000];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = new CounterRandom(1, RandomPurpose.Dropout, i / 8, i % 8).NextDouble() - 0.5;
        }

        double lagged = values.Zip(values.Skip(1), (a, b) => a * b).Average() * 12; // 1 would be equal neighbours
        Assert.InRange(values.Average(), -0.01, 0.01);
        Assert.InRange(lagged, -0.03, 0.03);
    }

    [Fact]
    public void Next_ReachesEveryValueAboutAsOften()
    {
        var random = new CounterRandom(5, RandomPurpose.Order, 0);
        var counts = new int[7];
        for (int i = 0; i < 70_000; i++)
        {
            counts[random.Next(7)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }

    [Fact]
    public void FillNormal_HasTheMomentsOfTheStandardNormal()
    {
        var random = new CounterRandom(5, RandomPurpose.Noise, 0);
        var values = new float[100_001];

        random.FillNormal(values);

        Assert.All(values, value => Assert.True(float.IsFinite(value)));
        Assert.InRange(values.Average(), -0.015, 0.015);
        Assert.InRange(values.Average(v => (double)v * v), 0.98, 1.02);
        Assert.InRange(values.Average(v => Math.Pow(v, 4)), 2.85, 3.15);
    }

    private static ulong[] Bits(ref CounterRandom random, int count)
    {
        var bits = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            bits[i] = random.NextBits();
        }
        return bits;
    }
}
