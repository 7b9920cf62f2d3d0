using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Tests.Alignment;

public sealed class AutomaticPickerTests : IDisposable
{
    private readonly AlignmentWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Pick_ChoosesWhatIsRight_AndNothingThatDoesNotBeatTheSource()
    {
        _workshop.Paint();
        _workshop.MakeRight("item-0", "02.png");
        KeepSource("item-1");

        AnswerBook book = Picker(limit: 1).Pick(_workshop.Folder, TestContext.Current.CancellationToken);

        Answer right = book.Given.Single(answer => answer.Item is "item-0");
        Assert.Equal(["02.png"], right.Chosen);
        Assert.Equal(100, right.Scores!["02.png"]);
        Assert.InRange(right.ScoreOfDoingNothing!.Value, 1, 30);
        Assert.Empty(book.Given.Single(answer => answer.Item is "item-1").Chosen);
    }

    [Fact]
    public void Pick_TakesTheBestFirst_UpToTheLimit()
    {
        _workshop.Paint();
        var scores = new Queue<double>([0, 1, 4, 2, 3]);
        _workshop.WriteItems(AlignmentWorkshop.Line(0));
        _workshop.Paint(); // the plan has one item now

        AnswerBook book = new AutomaticPicker((_, _, _) => scores.Dequeue(), "made up", margin: 1, limit: 2).Pick(
            _workshop.Folder,
            TestContext.Current.CancellationToken
        );

        Assert.Equal(["01.png", "03.png"], book.Given.Single().Chosen);
        Assert.Equal(("made up", 1.0), (book.Picker.Metric, book.Picker.Margin!.Value));
    }

    [Fact]
    public void Pick_ItemsWithoutRightAnswer_AreNotAnswered()
    {
        _workshop.WriteItems("""{"image": "0.png", "instruction": "do"}""", AlignmentWorkshop.Line(1));
        _workshop.Paint();

        AnswerBook book = Picker(limit: 3).Pick(_workshop.Folder, TestContext.Current.CancellationToken);

        Assert.Equal("item-1", book.Given.Single().Item);
    }

    [Fact]
    public void Pick_DamagedPicture_IsNamed()
    {
        _workshop.Paint();
        File.WriteAllText(_workshop.Folder.FileOf("item-0", "01.png"), "");

        var error = Assert.Throws<BrokenSampleException>(() =>
            Picker(limit: 3).Pick(_workshop.Folder, TestContext.Current.CancellationToken)
        );

        Assert.Contains("01.png", error.Message, StringComparison.Ordinal);
    }

    private void KeepSource(string item)
    {
        foreach (Candidate candidate in _workshop.Folder.ReadItem(item).Candidates)
        {
            File.Copy(
                _workshop.Folder.FileOf(item, CandidateFolder.SourceFile),
                _workshop.Folder.FileOf(item, candidate.File),
                overwrite: true
            );
        }
    }

    private static AutomaticPicker Picker(int limit) =>
        new(ChangedRegionScore.Psnr, ChangedRegionScore.Metric, margin: 1, limit);
}
