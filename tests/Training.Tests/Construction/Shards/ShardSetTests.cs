using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Construction.Shards;

public sealed class ShardSetTests : IDisposable
{
    private readonly ShardWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Open_DamagedRecord_NamesTheLine()
    {
        _workshop.Run(new NumbersStage(5), "set");
        File.AppendAllText(_workshop.Of("set", "000000.jsonl"), "{\"id\": \"../../etc\", \"kind\": \"region\"}\n");

        var refused = Assert.Throws<DatasetException>(() => ShardSet.Open(_workshop.Of("set")));

        Assert.Contains("000000.jsonl, line 6", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ChangedManifest_IsRefused()
    {
        _workshop.Run(new NumbersStage(5), "set");
        string file = _workshop.Of("set", StageManifest.FileName);
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"seed\": 1", "\"seed\": 3", StringComparison.Ordinal));

        Assert.Throws<DatasetException>(() => ShardSet.Open(_workshop.Of("set")));
    }

    [Fact]
    public void Read_TruncatedShard_IsABrokenSample()
    {
        _workshop.Run(new NumbersStage(5), "set");
        string file = _workshop.Of("set", "000000.tar");
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..700]);
        ShardSet set = ShardSet.Open(_workshop.Of("set"));

        Assert.Throws<BrokenSampleException>(() => set.Read(0, "txt"));
    }

    [Theory]
    [InlineData("../escape")]
    [InlineData("a.b")]
    [InlineData("")]
    [InlineData("Über")]
    public void Add_NameThatIsNone_IsRefused(string id)
    {
        Directory.CreateDirectory(_workshop.Of("set"));
        using var writer = new ShardWriter(new ShardFile(_workshop.Of("set"), 0));

        Assert.Throws<ArgumentException>(() =>
            writer.Add(new ShardSample(new ShardRecord { Id = id, Kind = PairKinds.Web }))
        );
    }

    [Fact]
    public void Complete_Pairs_AreReadByTheLoaderOfImageEditingInTheWild()
    {
        RgbImage before = TestImages.Photo(24, 16);
        RgbImage after = TestImages.Plain(24, 16, 10, 200, 30);
        Directory.CreateDirectory(_workshop.Of("pairs"));
        using (var writer = new ShardWriter(new ShardFile(_workshop.Of("pairs"), 0)))
        {
            writer.Add(
                new ShardSample(
                    new ShardRecord
                    {
                        Id = "removal-1",
                        Kind = PairKinds.Removal,
                        Instructions = ["remove the sun"],
                        Origin = new PictureOrigin("demo/1") { Licence = "CC0" },
                        Stages = [new StageNote("removal", 1, 0, [new ModelNote("inpainter", "fill", null)])],
                        Scores = new Dictionary<string, double> { ["aesthetic_target"] = 5.25 },
                    },
                    new ShardMember(ShardMember.Source, ImageCodec.Encode(before, ImageFileFormat.Png)),
                    new ShardMember(ShardMember.Target, ImageCodec.Encode(after, ImageFileFormat.Png)),
                    new ShardMember(ShardMember.Mask, ImageCodec.EncodeGray(new byte[24 * 16], new ImageSize(24, 16)))
                )
            );
            writer.Add(
                new ShardSample(
                    new ShardRecord
                    {
                        Id = "removal-2",
                        Kind = PairKinds.Removal,
                        Rejection = new RejectionNote("too small", "3 pixels"),
                    }
                )
            );
            writer.Complete();
        }
        var source = new DataSourceRecipe
        {
            Kind = DataSourceKind.Ieiw,
            Path = _workshop.Of("pairs"),
            Augment = false,
        };

        IEditDataset dataset = DatasetFactory.Open(source, 16);
        EditSample sample = dataset.Read(0, Stream(RandomPurpose.Augmentation), Stream(RandomPurpose.Phrasing));

        Assert.Equal(1, dataset.Count);
        Assert.Equal("remove the sun", sample.Instruction);
        Assert.Equal(TaskNames.Editing, sample.Task);
        Assert.Equal([10, 200, 30], sample.Target.Pixels[..3].ToArray());
        string line = File.ReadAllLines(_workshop.Of("pairs", "000000.jsonl"))[0];
        Assert.Contains("\"scores\":{\"aesthetic_target\":5.25}", line, StringComparison.Ordinal);
        Assert.Contains(
            line,
            Encoding.UTF8.GetString(File.ReadAllBytes(_workshop.Of("pairs", "000000.tar"))),
            StringComparison.Ordinal
        );
    }

    private static CounterRandom Stream(RandomPurpose purpose) => new(0, purpose, 0);
}
