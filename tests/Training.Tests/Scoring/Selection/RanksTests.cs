using InstructDiffusion.Training.Scoring.Selection;

namespace InstructDiffusion.Training.Tests.Scoring.Selection;

public sealed class RanksTests
{
    [Fact]
    public void Of_ValuesOfAnyScale_AreSpacedEvenly() =>
        Assert.Equal([0.875, 0.125, 0.625, 0.375], Ranks.Of([1e9, -5e8, 3, 2.5]));

    [Fact]
    public void Of_EqualValues_ShareTheMeanOfTheirRanks() =>
        Assert.Equal([0.125, 0.5, 0.5, 0.875], Ranks.Of([1, 2, 2, 3]));

    [Fact]
    public void Of_MissingValues_DoNotCount() => Assert.Equal([0.25, null, 0.75], Ranks.Of([1, null, 2]));

    [Fact]
    public void Of_NothingAtAll_IsNothing() => Assert.Empty(Ranks.Of([]));
}
