using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Tests.Alignment;

public sealed class PicksDatasetTests : IDisposable
{
    private readonly AlignmentWorkshop _workshop = new();

    public PicksDatasetTests()
    {
        _workshop.Paint();
        _workshop.AnswerAs("Anna", ("item-0", ["00.png", "02.png"]), ("item-1", []), ("item-2", ["03.png"]));
        Export();
    }

    private string File => Path.Combine(_workshop.Folder.Path, "picks.json");

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Read_EachChosenPicture_IsATargetOfItsSource()
    {
        PicksDataset dataset = Open();

        EditSample sample = Read(dataset, 1);

        Assert.Equal(3, dataset.Count);
        Assert.Equal(("do 0", "edit"), (sample.Instruction, sample.Task));
        Assert.Equal(0, TestImages.MaxDifference(TestImages.Photo(16, 16), sample.Source));
        Assert.Equal(0, TestImages.MaxDifference(Picture("item-0", "02.png"), sample.Target));
        Assert.Equal("do 2", dataset.Describe(2, default, default).Instruction);
    }

    [Fact]
    public void Read_SquashesToTheResolution()
    {
        EditSample sample = Read(new PicksDataset(_workshop.Folder.Path, 24, flipProbability: 0), 0);

        Assert.Equal((24, 24), (sample.Source.Width, sample.Source.Height));
        Assert.Equal((24, 24), (sample.Target.Width, sample.Target.Height));
    }

    [Fact]
    public void Read_Mirrored_TurnsBothPictures_ButNotAnInstructionThatNamesASide()
    {
        var dataset = new PicksDataset(File, 16, flipProbability: 1);
        RgbImage source = Read(dataset, 0).Source;

        Assert.Equal(Pixel(TestImages.Photo(16, 16), 15, 4), Pixel(source, 0, 4));
        Assert.Equal(Pixel(Picture("item-0", "00.png"), 3, 9), Pixel(Read(dataset, 0).Target, 12, 9));

        Rewrite("\"do 0\"", "\"remove the cat on the Left\"");
        Assert.Equal(
            0,
            TestImages.MaxDifference(TestImages.Photo(16, 16), Read(new PicksDataset(File, 16, 1), 0).Source)
        );
    }

    [Fact]
    public void Fingerprint_ChangesWithThePicksAndTheResolution()
    {
        string before = Open().Fingerprint;
        string other = new PicksDataset(File, 24).Fingerprint;
        _workshop.AnswerAs("Anna", ("item-2", ["01.png"]));
        Export();

        Assert.Equal(3, new[] { before, other, Open().Fingerprint }.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Read_MissingDamagedOrExchangedPicture_IsABrokenSample()
    {
        PicksDataset dataset = Open();
        System.IO.File.Delete(_workshop.Folder.FileOf("item-0", "00.png"));
        System.IO.File.WriteAllText(_workshop.Folder.FileOf("item-0", "02.png"), "damaged");
        System.IO.File.Copy(
            _workshop.Folder.FileOf("item-2", "01.png"),
            _workshop.Folder.FileOf("item-2", "source.png"),
            overwrite: true
        );

        Assert.Contains(
            "no such file",
            Assert.Throws<BrokenSampleException>(() => Read(dataset, 0)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "02.png",
            Assert.Throws<BrokenSampleException>(() => Read(dataset, 1)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "source.png: is not the picture",
            Assert.Throws<BrokenSampleException>(() => Read(dataset, 2)).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("candidates/item-0/source.png", "../secret.png", "items[0].source")]
    [InlineData("candidates/item-0/source.png", "/etc/hostname", "items[0].source")]
    [InlineData("candidates/item-2/03.png", "candidates//03.png", "items[1].chosen[0].file")]
    [InlineData("candidates/item-2/03.png", "candidates\\\\03.png", "items[1].chosen[0].file")]
    [InlineData("\"do 0\"", "\"\"", "items[0].instruction")]
    [InlineData("\"version\": 1", "\"version\": 7", "version: expected 1, got 7")]
    [InlineData("\"version\": 1", "\"version\": 1, \"extra\": 0", "extra")]
    [InlineData("\"seed\"", "\"sead\"", "sead")]
    public void Construct_DamagedExport_IsNamed(string from, string to, string message)
    {
        Rewrite(from, to);

        Assert.Contains(message, Assert.Throws<AlignmentException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Construct_NothingPicked_IsNamed()
    {
        _workshop.AnswerAs("Anna", ("item-0", []), ("item-2", []));
        Export();

        Assert.Contains(
            "nothing was picked",
            Assert.Throws<AlignmentException>(Open).Message,
            StringComparison.Ordinal
        );
    }

    private PicksDataset Open() => new(File, 16, flipProbability: 0);

    private void Export()
    {
        var export = new PicksExport(_workshop.Folder);
        export.Write(export.Gather(least: 1));
    }

    private void Rewrite(string from, string to)
    {
        string text = System.IO.File.ReadAllText(File);
        Assert.Contains(from, text, StringComparison.Ordinal);
        System.IO.File.WriteAllText(File, text.Replace(from, to, StringComparison.Ordinal));
    }

    private RgbImage Picture(string item, string file) => PictureFile.Read(_workshop.Folder.FileOf(item, file));

    private static byte[] Pixel(RgbImage image, int x, int y) =>
        image.Pixels.Slice(3 * (y * image.Width + x), 3).ToArray();

    private static EditSample Read(PicksDataset dataset, long index) =>
        dataset.Read(
            index,
            new CounterRandom(1, RandomPurpose.Augmentation, index),
            new CounterRandom(1, RandomPurpose.Phrasing, index)
        );
}
