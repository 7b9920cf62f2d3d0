using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data.Editing;

/// <summary>GQA-Inpaint as it lies on users' disks, made small; wordings by Inst-Inpaint's rules.</summary>
public sealed class GqaInpaintTests : IDisposable
{
    private static readonly RgbImage _before = TestImages.Photo(64, 64, 1);
    private static readonly RgbImage _after = TestImages.Photo(64, 64, 2);

    private readonly DatasetWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Read_SourceIsThePicture_TargetTheOneWithoutTheObject()
    {
        _workshop.Picture("images/77.jpg", _before);
        _workshop.Write("images_inpainted/77/1.jpg", ImageCodec.Encode(_after, ImageFileFormat.Png));
        _workshop.Write("images/77.jpg", ImageCodec.Encode(_before, ImageFileFormat.Png));
        Scenes("""{"1": {"name": "cup", "bbox": [0, 0, 10, 10], "relations": [], "bidirected": true}}""");

        IEditDataset set = _workshop.Open(DataSourceKind.GqaInpaint);

        for (int position = 0; position < 10; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position);
            Assert.Equal(_before.Pixels, sample.Source.Pixels);
            Assert.Equal(_after.Pixels, sample.Target.Pixels);
            Assert.Equal("editing", sample.Task);
        }
    }

    [Fact]
    public void Describe_TheOnlyOneOfItsName_IsPlacedInHalfOfAllCases()
    {
        Scenes(
            """
            {"1": {"name": "cup", "attributes": ["white", "small"], "bbox": [0, 0, 10, 10], "bidirected": true,
                   "relations": [{"name": "on", "object": "2"}, {"name": "to the left of", "object": "3"}]},
             "2": {"name": "table", "bbox": [0, 0, 90, 90], "relations": [], "bidirected": false},
             "3": {"name": "dog", "attributes": ["brown"], "bbox": [0, 0, 90, 90], "relations": [], "bidirected": false}}
            """
        );
        IEditDataset set = _workshop.Open(DataSourceKind.GqaInpaint);

        Dictionary<string, int> words = Words(set, 0, 800);

        Assert.Equal(1, set.Count);
        Assert.Equal(
            [
                "remove the small cup",
                "remove the small cup at the left of the brown dog",
                "remove the small cup on the table",
                "remove the white cup",
                "remove the white cup at the left of the brown dog",
                "remove the white cup on the table",
            ],
            words.Keys.Order(StringComparer.Ordinal)
        );
        Assert.InRange(words["remove the small cup"] + words["remove the white cup"], 340, 460);
        Assert.InRange(
            words.Where(pair => pair.Key.Contains("dog", StringComparison.Ordinal)).Sum(pair => pair.Value),
            150,
            250
        );
    }

    [Theory]
    [InlineData(0, 20, "left")]
    [InlineData(10, 40, "left")] // 23 of its 30 pixels in the left third of 99
    [InlineData(25, 50, "center")]
    [InlineData(0, 90, "center")]
    [InlineData(40, 60, "center")]
    [InlineData(40, 90, "center")] // 26 of 50
    [InlineData(60, 90, "right")]
    [InlineData(70, 90, "right")]
    public void Describe_WithoutRelations_NamesTheThird(int left, int right, string region)
    {
        // 119 wide and 99 high: the middle square begins at 10.
        Scenes(
            $$"""
            {"1": {"name": "cup", "bbox": [{{left + 10}}, 0, {{right + 10}}, 10], "relations": [], "bidirected": true},
             "2": {"name": "cup", "bbox": [0, 0, 5, 5], "relations": [], "bidirected": false} }
            """,
            """{"1": "to the center", "2": "to the right"}""",
            width: 119,
            height: 99
        );

        Dictionary<string, int> words = Words(_workshop.Open(DataSourceKind.GqaInpaint), 0, 30);

        Assert.Equal([$"remove the cup at the {region}"], words.Keys);
    }

    [Fact]
    public void Open_ObjectsThatCannotBeToldApart_AreLeftOut()
    {
        Scenes(
            """
            {"1": {"name": "cup", "bbox": [0, 0, 5, 5], "relations": [], "bidirected": true},
             "2": {"name": "cup", "bbox": [0, 0, 5, 5], "relations": [], "bidirected": true},
             "3": {"name": "cup", "bbox": [80, 0, 90, 5], "relations": [], "bidirected": true},
             "4": {"name": "dog", "bbox": [0, 0, 5, 5], "relations": [], "bidirected": true},
             "5": {"name": "dog", "bbox": [1, 0, 6, 5], "relations": [], "bidirected": true},
             "6": {"name": "cat", "bbox": [0, 0, 5, 5], "bidirected": true,
                   "relations": [{"name": "near", "object": "1"}, {"name": "near", "object": "7"}, {"name": "by", "object": "404"}]},
             "7": {"name": "cat", "bbox": [80, 0, 90, 5], "relations": [], "bidirected": true}}
            """,
            """{"1": "to the left", "2": "to the left", "3": "to the right", "4": "to the left", "5": "to the left", "6": "to the left", "7": "to the right"}"""
        );

        IEditDataset set = _workshop.Open(DataSourceKind.GqaInpaint);

        // Three cups, and two dogs at one side, are out; so is every relation of the cat: to a cup, to another cat, to nothing.
        Assert.Equal(2, set.Count);
        Assert.Equal(["remove the cat at the left"], Words(set, 0, 30).Keys);
        Assert.Equal(["remove the cat at the right"], Words(set, 1, 30).Keys);
    }

    [Fact]
    public void Open_AuthorsList_IsPreferred_AndItsPrefixesAreDropped()
    {
        _workshop.Write("images/1.jpg", ImageCodec.Encode(_before, ImageFileFormat.Png));
        _workshop.Write("images_inpainted/1/2.jpg", ImageCodec.Encode(_after, ImageFileFormat.Png));
        Scenes("{}");
        _workshop.Write(
            "meta_info.json",
            """
            [{"source_image_path": "../datasets/images/1.jpg",
              "target_image_path": "../datasets/gqa-inpaint/images_inpainted/1/2.jpg", "instruction": "remove the cup"}]
            """
        );

        EditSample sample = DatasetWorkshop.Read(_workshop.Open(DataSourceKind.GqaInpaint), 0);

        Assert.Equal("remove the cup", sample.Instruction);
        Assert.Equal(_after.Pixels, sample.Target.Pixels);
    }

    [Theory]
    [InlineData(
        """{"1": {"name": "cup", "bbox": [0, 0, NaN, 5], "relations": [], "bidirected": true}}""",
        "not of the expected shape"
    )]
    [InlineData("""{"1": {"name": "cup", "bbox": [0, 0, 5], "relations": [], "bidirected": true}}""", "cannot be")]
    [InlineData(
        """{"1": {"name": "cup", "bbox": [0, 0, 1e400, 5], "relations": [], "bidirected": true}}""",
        "cannot be"
    )]
    [InlineData("""{"1": {"name": "", "bbox": [0, 0, 5, 5], "relations": [], "bidirected": true}}""", "cannot be")]
    [InlineData("""{"1": null}""", "cannot be")]
    [InlineData("[]", "not of the expected shape")]
    public void Open_AbsurdScene_IsRejectedWithItsReason(string objects, string reason)
    {
        _workshop.Write(
            "train_scenes.json",
            $$"""
            {"1": {"width": 90, "height": 90, "objects": {{objects}}},
             "2": {"width": 90, "height": 90, "objects": {"1": {"name": "cup", "bbox": [0, 0, 5, 5], "bidirected": true} } } }
            """
        );

        Assert.Equal(1, _workshop.Open(DataSourceKind.GqaInpaint).Count);
        Assert.Contains(reason, _workshop.OnlyRejection().Reason, StringComparison.Ordinal);
    }

    private static Dictionary<string, int> Words(IEditDataset set, long index, int count) =>
        Enumerable
            .Range(0, count)
            .CountBy(i => set.Describe(index, default, DatasetWorkshop.Phrasing(i)).Instruction)
            .ToDictionary(StringComparer.Ordinal);

    private void Scenes(string objects, string? positions = null, int width = 90, int height = 90) =>
        _workshop.Write(
            "train_scenes.json",
            $$"""
            {"77": {"width": {{width}}, "height": {{height}}, "objects": {{objects}},
                    "image_relative_positions": {{positions ?? "{}"}} } }
            """
        );
}
