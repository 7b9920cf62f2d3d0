using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Tests.Construction.Regions;

public sealed class SegmentedRegionsTests : IDisposable
{
    private readonly RegionScenes _scenes = new();

    public void Dispose() => _scenes.Dispose();

    [Fact]
    public void Run_ListOfPhrases_KeepsWhatIsFoundAndCountsTheRest()
    {
        _scenes.Add(0);
        string list = _scenes.Workshop.Of("list.jsonl");
        File.WriteAllLines(
            list,
            [
                "{\"image\": \"0.png\", \"phrase\": \"left half\", \"name\": \"half\"}",
                "{\"image\": \"0.png\", \"phrase\": \"nothing\"}",
                "{\"image\": \"../0.png\", \"phrase\": \"left half\"}",
                "not json",
                "",
            ]
        );
        var stage = new SegmentedRegions(
            list,
            _scenes.Pictures,
            new LeftHalf(),
            certainty: 0.4,
            new RegionOptions { MostArea = 0.6 }
        );

        StageSummary summary = _scenes.Workshop.Run(stage, "segmented");

        Assert.Equal(1, summary.Kept[PairKinds.Region]);
        Assert.Equal(1, summary.Rejected["nothing found"]);
        Assert.Equal(1, summary.Rejected["a picture that is missing or outside the folder"]);
        Assert.Equal(1, summary.Rejected["line: not of the expected shape"]);
        ShardRecord found = ShardSet.Open(_scenes.Workshop.Of("segmented"))[0];
        Assert.Equal("segmenter", found.Region!.FoundBy);
        Assert.Equal([0, 0, RegionScenes.Width / 2, RegionScenes.Height], found.Region.Box);
        Assert.Equal("left-half", found.Stages[0].Models[0].Name);
    }

    [Fact]
    public void Certainties_TinyClipSeg_AreOneAPixelAndDependOnThePhrase()
    {
        string folder = Fixture.Default.Path("adjuncts", "clipseg");
        string model = _scenes.Workshop.Of("clipseg");
        Directory.CreateDirectory(model);
        foreach (string file in Directory.EnumerateFiles(folder))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }
        foreach (string file in (string[])["vocab.json", "merges.txt"])
        {
            File.Copy(Fixture.Default.Path("diffusers", "tokenizer", file), Path.Combine(model, file));
        }
        using var segmenter = new ClipSegSegmenter(model, "cpu", side: 32, TestContext.Current.CancellationToken);
        RgbImage image = TestImages.Photo(40, 24);

        float[] sun = segmenter.Certainties(image, "the sun");
        float[] hill = segmenter.Certainties(image, "a green hill");

        Assert.Equal(40 * 24, sun.Length);
        Assert.All(sun, value => Assert.InRange(value, 0f, 1f));
        Assert.Equal(sun, segmenter.Certainties(image, "the sun"));
        Assert.NotEqual(sun, hill);
        Assert.Equal(64, segmenter.Model.Sha256!.Length);
    }

    [Fact]
    public void Open_FolderWithoutModel_IsRefused() =>
        Assert.Throws<DatasetException>(() => new ClipSegSegmenter(_scenes.Workshop.Of("nothing"), "cpu"));

    private sealed class LeftHalf : IRegionSegmenter
    {
        public ModelNote Model { get; } = new("segmenter", "left-half");

        public float[] Certainties(RgbImage image, string phrase) =>
            [
                .. Enumerable
                    .Range(0, image.Width * image.Height)
                    .Select(i => i % image.Width < image.Width / 2 && phrase is "left half" ? 0.9f : 0.1f),
            ];
    }
}
