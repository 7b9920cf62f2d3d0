using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Inpainting;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Removal;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Construction.Removal;

public sealed class RemovalStageTests : IDisposable
{
    private readonly RegionScenes _scenes = new();

    public void Dispose() => _scenes.Dispose();

    [Fact]
    public void Make_Region_GivesAPairAndTheSameTheOtherWayRound()
    {
        ShardSet pairs = Run(_scenes.Regions(2));

        Assert.Equal(4, pairs.Count);
        (ShardRecord removal, ShardRecord addition) = (pairs[0], pairs[1]);
        Assert.Equal((PairKinds.Removal, PairKinds.Addition), (removal.Kind, addition.Kind));
        Assert.Equal(("removal-00000000", "addition-00000000"), (removal.Id, addition.Id));
        Assert.Equal(pairs.Read(0, ShardMember.Source), pairs.Read(1, ShardMember.Target));
        Assert.Equal(pairs.Read(0, ShardMember.Target), pairs.Read(1, ShardMember.Source));
        Assert.Equal(pairs.Read(0, ShardMember.Mask), pairs.Read(1, ShardMember.Mask));
        Assert.Contains("Remove the red box.", removal.Instructions);
        Assert.Contains("Add a red box.", addition.Instructions);
        Assert.Equal("a picture with a red box", removal.SourceCaption);
        Assert.Equal("a picture with a red box", addition.TargetCaption);
        Assert.Null(addition.SourceCaption);
    }

    [Fact]
    public void Make_Region_ChangesWhatIsWithinItsWideningAndNothingElse()
    {
        ShardSet pairs = Run(_scenes.Regions(1));
        RgbImage before = pairs.ReadPicture(0, ShardMember.Source);
        RgbImage after = pairs.ReadPicture(0, ShardMember.Target);
        var hole = RegionMask.Of(pairs.ReadPicture(0, ShardMember.Mask));
        (int x, int y, int side) = RegionScenes.Place(0);

        Assert.Equal((x - 2, y - 2, side + 4, side + 4), hole.Box);
        for (int i = 0; i < hole.Pixels.Length; i++)
        {
            bool isSame = before.Pixels.Slice(3 * i, 3).SequenceEqual(after.Pixels.Slice(3 * i, 3));
            Assert.True(isSame || hole.Pixels[i]);
        }
        (int middleX, int middleY) = (x + side / 2, y + side / 2);
        Assert.NotEqual(230, after.Pixels[(middleY * RegionScenes.Width + middleX) * 3]);
    }

    [Fact]
    public void Make_LargePicture_IsReducedWithItsRegion()
    {
        ShardSet pairs = Run(_scenes.Regions(1), RegionScenes.Removal with { LongestSide = 24, Dilation = 0 });
        RgbImage before = pairs.ReadPicture(0, ShardMember.Source);
        (int x, int y, int side) = RegionScenes.Place(0);

        Assert.Equal((24, 20), (before.Width, before.Height));
        Assert.Equal([x / 2, y / 2, side / 2], pairs[0].Region!.Box.Take(3));
    }

    [Fact]
    public void Make_Pair_TellsWhatMadeIt()
    {
        ShardSet pairs = Run(_scenes.Regions(1));
        ShardRecord record = pairs[0];

        Assert.Equal(["regions", "removal"], record.Stages.Select(stage => stage.Stage));
        Assert.Equal(7, record.Stages[1].Seed);
        Assert.Contains("stand-in", record.Stages[1].Models.Single().Name, StringComparison.Ordinal);
        Assert.Equal("CC0", record.Origin!.Licence);
        Assert.Equal(
            ShardSet.Open(_scenes.Workshop.Of("regions")).Manifest.Fingerprint,
            pairs.Manifest.Inputs["regions"]
        );
    }

    [Fact]
    public void Run_PicturesThatChangedOrWent_AreRejectedWithTheReason()
    {
        ShardSet regions = _scenes.Regions(3);
        File.Delete(Path.Combine(_scenes.PicturesFolder, "0.png"));
        File.Copy(
            Path.Combine(_scenes.PicturesFolder, "2.png"),
            Path.Combine(_scenes.PicturesFolder, "1.png"),
            overwrite: true
        );

        StageSummary summary = _scenes.Workshop.Run(Stage(regions), "removal");

        Assert.Equal(2, summary.Rejected["cannot be read"]);
        Assert.Equal(1, summary.Kept[PairKinds.Removal]);
        string line = File.ReadAllLines(_scenes.Workshop.Of("removal", "000000.jsonl"))[1];
        Assert.Contains("another picture than when its region was found", line, StringComparison.Ordinal);
        Assert.Contains("\"phrase\":\"blue lamp\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FillThatChangesNothing_IsRejected()
    {
        ShardSet regions = _scenes.Regions(1);
        var stage = new RemovalStage(regions, _scenes.Pictures, new Nothing(), RegionScenes.Removal, seed: 0);

        StageSummary summary = _scenes.Workshop.Run(stage, "removal");

        Assert.Equal(1, summary.Rejected["hardly any change"]);
    }

    [Fact]
    public void Run_InterruptedAndInParts_GivesTheSameBytesAsOneRun()
    {
        ShardSet regions = _scenes.Regions(9);
        _scenes.Workshop.Run(Stage(regions), "whole", shardItems: 2);
        using var stop = new CancellationTokenSource();
        int made = 0;
        var interrupted = new Interrupting(() =>
        {
            if (++made == 4)
            {
                stop.Cancel();
            }
        });

        Assert.ThrowsAny<OperationCanceledException>(() =>
            _scenes.Workshop.Run(
                Stage(regions, interrupted),
                "resumed",
                new ShardSlice(1, 2),
                shardItems: 2,
                workers: 1,
                cancellationToken: stop.Token
            )
        );
        _scenes.Workshop.Run(Stage(regions), "resumed", new ShardSlice(2, 2), shardItems: 2);
        _scenes.Workshop.Run(Stage(regions), "resumed", new ShardSlice(1, 2), shardItems: 2);

        Assert.Equal(_scenes.Workshop.Hashes("whole"), _scenes.Workshop.Hashes("resumed"));
    }

    [Fact]
    public void Shards_OfAStage_AreReadByTheLoaderOfImageEditingInTheWild()
    {
        Run(_scenes.Regions(3));
        var source = new DataSourceRecipe
        {
            Kind = DataSourceKind.Ieiw,
            Path = _scenes.Workshop.Of("removal"),
            Augment = false,
        };

        IEditDataset dataset = DatasetFactory.Open(source, 32);

        Assert.Equal(6, dataset.Count);
        for (long i = 0; i < 6; i++)
        {
            EditSample sample = dataset.Read(
                i,
                new CounterRandom(1, RandomPurpose.Augmentation, i),
                new CounterRandom(1, RandomPurpose.Phrasing, i)
            );
            Assert.Equal(TaskNames.Editing, sample.Task);
            Assert.NotEqual(sample.Source.Content, sample.Target.Content);
            Assert.NotEmpty(sample.Instruction);
        }
    }

    private ShardSet Run(ShardSet regions, RemovalOptions? options = null)
    {
        _scenes.Workshop.Run(Stage(regions, options: options), "removal");
        return ShardSet.Open(_scenes.Workshop.Of("removal"));
    }

    private RemovalStage Stage(ShardSet regions, IInpainter? inpainter = null, RemovalOptions? options = null) =>
        new(regions, _scenes.Pictures, inpainter ?? new DiffusionFill(), options ?? RegionScenes.Removal, seed: 7);

    private sealed class Nothing : IInpainter
    {
        public ModelNote Model { get; } = new("inpainter", "nothing");

        public JsonObject Settings { get; } = [];

        public RgbImage Fill(
            RgbImage image,
            RegionMask mask,
            string phrase,
            long seed,
            CancellationToken cancellationToken
        ) => image;
    }

    /// <summary>The usual fill, which tells that it fills.</summary>
    private sealed class Interrupting(Action onFill) : IInpainter
    {
        private readonly DiffusionFill _usual = new();

        public ModelNote Model => _usual.Model;

        public JsonObject Settings => _usual.Settings;

        public RgbImage Fill(
            RgbImage image,
            RegionMask mask,
            string phrase,
            long seed,
            CancellationToken cancellationToken
        )
        {
            onFill();
            return DiffusionFill.Fill(image, mask);
        }
    }
}
