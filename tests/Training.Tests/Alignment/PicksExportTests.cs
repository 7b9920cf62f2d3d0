using InstructDiffusion.Training.Alignment;

namespace InstructDiffusion.Training.Tests.Alignment;

public sealed class PicksExportTests : IDisposable
{
    private readonly AlignmentWorkshop _workshop = new();
    private readonly PicksExport _export;

    public PicksExportTests()
    {
        _workshop.Paint();
        _export = new PicksExport(_workshop.Folder);
    }

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Gather_TwoPeople_SaysWhoChoseWhat()
    {
        _workshop.AnswerAs("Anna", ("item-2", ["01.png", "00.png"]), ("item-0", []));
        _workshop.AnswerAs("Bob", ("item-2", ["01.png"]), ("item-1", ["03.png"]));

        Picks picks = _export.Gather(least: 1);

        Assert.Equal([("Anna", 2, 1), ("Bob", 2, 0)], picks.Pickers.Select(p => (p.Name!, p.Answered, p.NoneGood)));
        Assert.Equal(["item-1", "item-2"], picks.Items.Select(item => item.Id));
        PickedItem item = picks.Items[1];
        Assert.Equal(("do 2", "candidates/item-2/source.png"), (item.Instruction, item.Source));
        Assert.Equal(["candidates/item-2/00.png", "candidates/item-2/01.png"], item.Chosen.Select(c => c.File));
        Assert.Equal([0], item.Chosen[0].By);
        Assert.Equal([0, 1], item.Chosen[1].By);
        Assert.Equal((3, 1.5), (item.Chosen[1].TextScale, item.Chosen[1].ImageScale));
    }

    [Fact]
    public void Gather_AgreementOfTwo_DropsWhatOneChose()
    {
        _workshop.AnswerAs("Anna", ("item-2", ["01.png", "00.png"]));
        _workshop.AnswerAs("Bob", ("item-2", ["01.png"]), ("item-1", ["03.png"]));

        Picks picks = _export.Gather(least: 2);

        Assert.Equal("candidates/item-2/01.png", picks.Items.Single().Chosen.Single().File);
    }

    [Fact]
    public void Gather_APersonsAnswer_OutweighsTheAutomaticPicker()
    {
        _workshop.MakeRight("item-0", "00.png");
        _workshop.MakeRight("item-1", "00.png");
        _workshop.AnswerAs("Anna", ("item-0", []));
        new AutomaticPicker(ChangedRegionScore.Psnr, ChangedRegionScore.Metric, margin: 20, limit: 3).Pick(
            _workshop.Folder,
            TestContext.Current.CancellationToken
        );

        Picks picks = _export.Gather(least: 1);

        Assert.Equal([PickerKind.Person, PickerKind.Automatic], picks.Pickers.Select(p => p.Kind));
        Assert.Equal(("changed_region_psnr", 2), (picks.Pickers[1].Metric!, picks.Pickers[1].Answered));
        PickedItem item = picks.Items.Single();
        Assert.Equal(("item-1", 100.0), (item.Id, item.Chosen.Single().Score!.Value));
        Assert.NotNull(item.ScoreOfDoingNothing);
    }

    [Fact]
    public void Write_NamesTheKindOfPicker()
    {
        _workshop.AnswerAs("Anna", ("item-0", ["00.png"]));

        string text = File.ReadAllText(_export.Write(_export.Gather(least: 1)));

        Assert.Contains("\"picker\": \"person\"", text, StringComparison.Ordinal);
        Assert.Contains("\"s_T\": 3", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("item-9", "00.png", "no item 'item-9'")]
    [InlineData("item-0", "99.png", "has no candidate '99.png'")]
    [InlineData("item-0", "../../items.json", "has no candidate")]
    public void Gather_AnswerToNothing_IsNamed(string item, string file, string message)
    {
        _workshop.AnswerAs("Anna", (item, [file]));

        var error = Assert.Throws<AlignmentException>(() => _export.Gather(least: 1));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
