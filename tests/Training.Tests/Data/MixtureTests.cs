using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Tests.Data;

/// <summary>Weights as the authors' sample_weight (specification 3.2.6).</summary>
public sealed class MixtureTests
{
    [Fact]
    public void Weights_ScaleHowOftenEachIsSeenInAnEpoch()
    {
        var mixture = new Mixture(23, [(100, 1), (50, 2), (200, 0.1)]);

        (int Part, long Index)[] epoch = Epoch(mixture, 0);

        Assert.Equal(100 + 100 + 20, mixture.EpochLength);
        Assert.Equal([100, 100, 20], Enumerable.Range(0, 3).Select(part => epoch.Count(visit => visit.Part == part)));
        Assert.All(
            epoch.Where(visit => visit.Part == 1).CountBy(visit => visit.Index),
            pair => Assert.Equal(2, pair.Value)
        );
    }

    [Fact]
    public void AWeightBelowOne_ShowsOthersEachEpoch_AndAllInTheEnd()
    {
        var mixture = new Mixture(23, [(50, 0.2)]);

        HashSet<long> seen = [];
        for (int epoch = 0; epoch < 40; epoch++)
        {
            long[] visited = [.. Epoch(mixture, epoch).Select(visit => visit.Index)];
            Assert.Equal(10, visited.Distinct().Count());
            seen.UnionWith(visited);
        }

        Assert.Equal(50, seen.Count);
    }

    [Fact]
    public void NothingLeft_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new Mixture(23, [(5, 0.1)]));
    }

    private static (int Part, long Index)[] Epoch(Mixture mixture, int epoch) =>
        [.. Enumerable.Range(0, (int)mixture.EpochLength).Select(i => mixture.At(epoch * mixture.EpochLength + i))];
}
