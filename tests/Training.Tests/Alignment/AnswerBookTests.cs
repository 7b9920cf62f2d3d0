using InstructDiffusion.Training.Alignment;

namespace InstructDiffusion.Training.Tests.Alignment;

public sealed class AnswerBookTests : IDisposable
{
    private readonly AlignmentWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData("Anna")]
    [InlineData("Łukasz Żak / 2")]
    [InlineData("..")]
    [InlineData("漢字の名前")]
    public void Record_IsOnDiskAtOnce_AndMayBeChanged(string name)
    {
        AnswerBook book = _workshop.AnswerAs(name, ("item-1", ["00.png"]), ("item-0", []));

        book.Record(new Answer { Item = "item-1", Chosen = ["02.png", "01.png"] });

        IReadOnlyList<Answer> stored = AnswerBook.Open(_workshop.Folder, Picker.Person(name)).Given;
        Assert.Equal(["item-0", "item-1"], stored.Select(answer => answer.Item));
        Assert.Empty(stored[0].Chosen);
        Assert.Equal(["02.png", "01.png"], stored[1].Chosen);
        Assert.Single(Directory.GetFiles(Path.Combine(_workshop.Folder.Path, "answers")));
    }

    [Fact]
    public void Record_ThatCannotBeWritten_LeavesTheEarlierAnswer()
    {
        AnswerBook book = _workshop.AnswerAs("Anna", ("item-0", ["00.png"]));
        string answers = Path.Combine(_workshop.Folder.Path, "answers");
        Directory.Delete(answers, recursive: true);
        File.WriteAllText(answers, "in the way");

        Assert.ThrowsAny<IOException>(() => book.Record(new Answer { Item = "item-0", Chosen = [] }));

        Assert.Equal(["00.png"], book.Given.Single().Chosen);
    }

    [Fact]
    public void All_PutsPeopleFirst()
    {
        AnswerBook.Write(_workshop.Folder, new Picker { Kind = PickerKind.Automatic, Metric = "m" }, []);
        _workshop.AnswerAs("Zoe", ("item-0", []));
        _workshop.AnswerAs("Anna", ("item-0", []));

        Assert.Equal(["Anna", "Zoe", null], AnswerBook.All(_workshop.Folder).Select(book => book.Picker.Name));
    }

    [Theory]
    [InlineData("{", "person-Anna.json")]
    [InlineData(
        """{"version": 2, "picker": {"picker": "person", "name": "Anna"}, "given": []}""",
        "version: expected 1"
    )]
    [InlineData("""{"version": 1, "picker": {"picker": "person"}, "given": []}""", "name: expected")]
    [InlineData("""{"version": 1, "picker": {"picker": "person", "name": "Bob"}, "given": []}""", "answers of Anna")]
    [InlineData(
        """{"version": 1, "picker": {"picker": "person", "name": "Anna"}, "given": [{"item": "a", "chosen": []}, {"item": "a", "chosen": []}]}""",
        "answered twice"
    )]
    [InlineData("""{"version": 1, "picker": {"picker": "person", "name": "Anna"}, "given": [null]}""", "given: ")]
    public void Open_DamagedFile_IsNamed(string content, string message)
    {
        string file = Picker.Person("Anna").FileIn(_workshop.Folder);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);

        var error = Assert.Throws<AlignmentException>(() => AnswerBook.Open(_workshop.Folder, Picker.Person("Anna")));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" Anna")]
    [InlineData("An\nna")]
    [InlineData("a name of more than 24 letters")]
    public void IsValidName_RefusesWhatNoFileShouldBeNamed(string name) => Assert.False(Picker.IsValidName(name));
}
