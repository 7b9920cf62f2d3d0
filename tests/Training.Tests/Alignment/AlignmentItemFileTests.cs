using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Tests.Alignment;

public sealed class AlignmentItemFileTests : IDisposable
{
    private readonly AlignmentWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Read_AllFields()
    {
        var items = new AlignmentItemFile(_workshop.Root);

        AlignmentItem item = items.Read(1);

        Assert.Equal(["item-0", "item-1", "item-2"], items.Ids);
        Assert.Equal(("item-1", "do 1", "edit"), (item.Id, item.Instruction, item.Task));
        Assert.Equal(0, TestImages.MaxDifference(TestImages.Photo(16, 16, seed: 1), item.Source));
        Assert.Equal(0, TestImages.MaxDifference(TestImages.Plain(16, 16, 10, 200, 10), item.Target!));
    }

    [Fact]
    public void Ids_WhereNoneIsGiven_AreLineNumbers()
    {
        _workshop.WriteItems("", """{"image": "0.png", "instruction": "do"}""");

        var items = new AlignmentItemFile(_workshop.PathOf("items.jsonl"));

        Assert.Equal(["000002"], items.Ids);
        Assert.Null(items.Read(0).Target);
    }

    [Theory]
    [InlineData("""{"image": "0.png"}""", "line 1: ")]
    [InlineData("""{"image": "0.png", "instruction": " "}""", "instruction: expected 1 to 2000")]
    [InlineData("""{"image": "0.png", "instruction": "do", "extra": 1}""", "extra")]
    [InlineData("""{"image": null, "instruction": "do"}""", "line 1: ")]
    [InlineData("""{"id": "../up", "image": "0.png", "instruction": "do"}""", "id: expected 1 to 64")]
    [InlineData("null", "expected an object")]
    [InlineData("{", "line 1: ")]
    [InlineData("", "expected at least one item")]
    public void Construct_WrongLine_IsNamed(string line, string message)
    {
        _workshop.WriteItems(line);

        var error = Assert.Throws<AlignmentException>(() => new AlignmentItemFile(_workshop.Root));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Construct_IdTwice_IsRefused()
    {
        _workshop.WriteItems(
            AlignmentWorkshop.Line(0),
            AlignmentWorkshop.Line(0).Replace("item-0", "ITEM-0", StringComparison.Ordinal)
        );

        var error = Assert.Throws<AlignmentException>(() => new AlignmentItemFile(_workshop.Root));

        Assert.Contains("line 2: the id 'ITEM-0' is taken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Construct_MissingFile_IsNamed() =>
        Assert.Contains(
            "nowhere.jsonl: there is no such file",
            Assert.Throws<AlignmentException>(() => new AlignmentItemFile(_workshop.PathOf("nowhere.jsonl"))).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Read_TargetOfAnotherSize_IsABrokenSample()
    {
        _workshop.Write("0-target.png", TestImages.Plain(8, 16, 1, 2, 3));

        var error = Assert.Throws<BrokenSampleException>(() => new AlignmentItemFile(_workshop.Root).Read(0));

        Assert.Contains("expected 16x16 as 0.png, got 8x16", error.Message, StringComparison.Ordinal);
    }
}
