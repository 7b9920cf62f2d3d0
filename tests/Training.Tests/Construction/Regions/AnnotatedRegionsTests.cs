using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Tests.Construction.Regions;

public sealed class AnnotatedRegionsTests : IDisposable
{
    private readonly RegionScenes _scenes = new();

    public void Dispose() => _scenes.Dispose();

    [Fact]
    public void Make_Polygons_AreTheRegionsPixels()
    {
        ShardSet regions = _scenes.Regions(3);

        Assert.Equal(3, regions.Count);
        for (int i = 0; i < 3; i++)
        {
            (int x, int y, int side) = RegionScenes.Place(i);
            var mask = RegionMask.Of(regions.ReadPicture(i, ShardMember.Mask));
            Assert.Equal((RegionScenes.Width, RegionScenes.Height), (mask.Width, mask.Height));
            Assert.Equal((x, y, side, side), mask.Box);
            Assert.Equal(side * side, mask.Pixels.Count(pixel => pixel));
            Assert.Equal([x, y, side, side], regions[i].Region!.Box);
        }
    }

    [Fact]
    public void Make_Region_TellsWhereItComesFrom()
    {
        _scenes.Write(
            SourcePictures.AttributionsFile,
            "{\"file\": \"0.png\", \"licence\": \"CC BY 2.0\", \"author\": \"Ann\", \"url\": \"https://a.example/0\"}\n"u8.ToArray()
        );

        ShardSet regions = _scenes.Regions(2);

        PictureOrigin origin = regions[0].Origin!;
        Assert.Equal(("0", "0.png", "CC BY 2.0", "Ann"), (origin.Id, origin.File, origin.Licence, origin.Author));
        Assert.Equal(64, origin.Sha256!.Length);
        Assert.Equal("CC0", regions[1].Origin!.Licence);
        Assert.Equal(("red box", "box", "annotation"), Named(regions[0].Region!));
        Assert.Equal("regions", regions[0].Stages.Single().Stage);
        Assert.True(regions.Manifest.Inputs.ContainsKey("annotations"));
    }

    [Fact]
    public void Make_BoxesAlone_AreDrawn()
    {
        _scenes.Add(0);
        _scenes.AddTask(
            new
            {
                image_id = "0",
                phrase = "two things",
                instance_boxes = new[] { new[] { 1, 2, 10, 5 }, [30, 20, 6, 6] },
            }
        );

        Run();

        ShardSet regions = ShardSet.Open(_scenes.Workshop.Of("regions"));
        Assert.Equal([1, 2, 35, 24], regions[1].Region!.Box);
        Assert.Equal(86, RegionMask.Of(regions.ReadPicture(1, ShardMember.Mask)).Pixels.Count(pixel => pixel));
    }

    [Fact]
    public void Run_HostileAnnotations_AreRejectedWithReasonsAndCounted()
    {
        int[][] fine =
        [
            [2, 2],
            [20, 2],
            [20, 20],
        ];
        _scenes.Add(0);
        _scenes.Write("broken.png", [1, 2, 3, 4]);
        byte[] png = ImageCodec.Encode(TestImages.Photo(40, 40), ImageFileFormat.Png);
        _scenes.Write("fine.png", png);
        object[] tasks =
        [
            "not an object",
            new { image_id = 0, phrase = 7 },
            new { image_id = 0, phrase = "  " },
            new { image_id = 0, phrase = new string('x', 5000) },
            new { image_id = 0, phrase = "tab\u0007bell" },
            new { phrase = "no picture" },
            new { image_id = 99, phrase = "missing" },
            new { image_id = "../../etc/passwd", phrase = "escape" },
            new { image_id = "/etc/passwd", phrase = "absolute" },
            new
            {
                image_id = "broken",
                phrase = "no picture at all",
                Polygons = new[] { new[] { fine } },
            },
            new { image_id = "fine", phrase = "nothing drawn" },
            new
            {
                image_id = "fine",
                phrase = "text",
                Polygons = "everywhere",
            },
            new
            {
                image_id = "fine",
                phrase = "half a point",
                Polygons = new[] { new[] { new[] { new[] { 1 } } } },
            },
            new
            {
                image_id = "fine",
                phrase = "two points",
                Polygons = new[] { new[] { fine[..2] } },
            },
            new
            {
                image_id = "fine",
                phrase = "far away",
                Polygons = new[] { new[] { new[] { [1e9, 1], [2, 2], new[] { 3.0, 9 } } } },
            },
            new
            {
                image_id = "fine",
                phrase = "flat",
                instance_boxes = new[] { new[] { 1, 1, 0, 9 } },
            },
            new
            {
                image_id = "fine",
                phrase = "outside",
                instance_boxes = new[] { new[] { 500, 500, 9, 9 } },
            },
            new
            {
                image_id = "fine",
                phrase = "all of it",
                instance_boxes = new[] { new[] { 0, 0, 40, 40 } },
            },
            new
            {
                image_id = "fine",
                phrase = "a speck",
                instance_boxes = new[] { new[] { 0, 0, 2, 2 } },
            },
        ];
        foreach (object task in tasks)
        {
            _scenes.AddTask(task);
        }

        StageSummary summary = Run();

        Assert.Equal(1, summary.Kept[PairKinds.Region]);
        var expected = new SortedDictionary<string, long>(StringComparer.Ordinal)
        {
            ["a box without extent"] = 1,
            ["a large region"] = 1,
            ["a phrase that is no phrase"] = 2,
            ["a phrase without polygons and boxes"] = 1,
            ["a picture that is missing or outside the folder"] = 3,
            ["a point that is not two numbers"] = 1,
            ["a polygon of fewer than three points, or of half a point"] = 1,
            ["a polygon with a point that is nowhere near its picture"] = 1,
            ["a region without pixels"] = 1,
            ["a small region"] = 1,
            ["annotation: not of the expected shape"] = 2,
            ["cannot be read"] = 1,
            ["no image_id"] = 1,
            ["no phrase"] = 1,
            ["Polygons of another form"] = 1,
        };
        Assert.Equal(expected, summary.Rejected);
    }

    [Fact]
    public void Open_FileThatIsNoJson_IsRefused()
    {
        _scenes.Add(0);
        string file = _scenes.Annotations();
        File.WriteAllText(file, "[{\"phrase\": ");

        Assert.Throws<DatasetException>(() => new AnnotatedRegions(file, _scenes.Pictures, new RegionOptions()));
    }

    private StageSummary Run() =>
        _scenes.Workshop.Run(
            new AnnotatedRegions(_scenes.Annotations(), _scenes.Pictures, new RegionOptions()),
            "regions"
        );

    private static (string, string?, string) Named(RegionNote region) => (region.Phrase, region.Name, region.FoundBy);
}
