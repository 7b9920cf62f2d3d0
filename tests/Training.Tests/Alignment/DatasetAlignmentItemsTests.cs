using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Tests.Running;

namespace InstructDiffusion.Training.Tests.Alignment;

public sealed class DatasetAlignmentItemsTests
{
    [Fact]
    public void Read_IsTheDataSetsPair_WithItsTarget()
    {
        var dataset = new SquaresDataset(16, count: 8);
        var items = new DatasetAlignmentItems(dataset, first: 5, count: 3, seed: 7);

        AlignmentItem item = items.Read(1);

        EditSample pair = dataset.Read(
            6,
            new CounterRandom(7, RandomPurpose.Augmentation, 6),
            new CounterRandom(7, RandomPurpose.Phrasing, 6)
        );
        Assert.Equal(["000005", "000006", "000007"], items.Ids);
        Assert.Equal(("000006", pair.Instruction, pair.Task), (item.Id, item.Instruction, item.Task));
        Assert.Equal(0, TestImages.MaxDifference(pair.Source, item.Source));
        Assert.Equal(0, TestImages.MaxDifference(pair.Target, item.Target!));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 0)]
    [InlineData(6, 3)]
    public void Construct_StretchThatLeavesTheSet_IsRefused(long first, int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() =>
            new DatasetAlignmentItems(new SquaresDataset(16, count: 8), first, count, seed: 0)
        );
}
