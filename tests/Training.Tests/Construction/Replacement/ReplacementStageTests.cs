using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction;
using InstructDiffusion.Training.Construction.Neighbours;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Replacement;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Tests.Construction.Replacement;

public sealed class ReplacementStageTests : IDisposable
{
    private readonly RegionScenes _scenes = new();

    public void Dispose() => _scenes.Dispose();

    [Fact]
    public void Make_Region_IsReplacedByAnotherKindOfThing()
    {
        RegionCollection collection = _scenes.Collection(8);

        ShardSet pairs = Run(collection);

        Assert.Equal(8, pairs.Count);
        for (int i = 0; i < pairs.Count; i++)
        {
            ShardRecord pair = pairs[i];
            Assert.Equal(PairKinds.Replacement, pair.Kind);
            Assert.NotEqual(pair.Origin!.Sha256, pair.Exemplar!.Sha256);
            Assert.NotEqual(pair.SourceCaption, pair.TargetCaption);
            Assert.InRange(pair.Scores["exemplar_similarity"], -1, 0.95);
            Assert.Contains(
                pair.Instructions,
                words => words.StartsWith($"Replace the {pair.Region!.Phrase} with ", StringComparison.Ordinal)
            );
            Assert.Equal(["regions", "features", "replacement"], pair.Stages.Select(stage => stage.Stage));
        }
    }

    [Fact]
    public void Make_Pair_ShowsTheNeighbourWhereTheRegionWas()
    {
        RegionCollection collection = _scenes.Collection(4);
        ShardSet pairs = Run(collection);
        (int x, int y, int side) = RegionScenes.Place(0);
        int middle = ((y + side / 2) * RegionScenes.Width + x + side / 2) * 3;

        RgbImage before = pairs.ReadPicture(0, ShardMember.Source);
        RgbImage after = pairs.ReadPicture(0, ShardMember.Target);
        var changed = RegionMask.Of(pairs.ReadPicture(0, ShardMember.Mask));

        int exemplar = int.Parse(pairs[0].Exemplar!.Id, System.Globalization.CultureInfo.InvariantCulture);
        WorkingPicture patch = collection.Patch(exemplar);
        Assert.Equal(patch.Image.Pixels[..3].ToArray(), after.Pixels.Slice(middle, 3).ToArray());
        Assert.NotEqual(before.Pixels.Slice(middle, 3).ToArray(), after.Pixels.Slice(middle, 3).ToArray());
        for (int i = 0; i < changed.Pixels.Length; i++)
        {
            bool isSame = before.Pixels.Slice(3 * i, 3).SequenceEqual(after.Pixels.Slice(3 * i, 3));
            Assert.True(isSame || changed.Pixels[i]);
        }
    }

    [Fact]
    public void Run_TwiceAndWithAllOfAnApproximateIndex_GivesTheSamePairs()
    {
        RegionCollection collection = _scenes.Collection(8);
        ShardSet exact = Run(collection);
        ReplacementOptions lists = RegionScenes.Replacement with { Lists = 3, Probes = 3 };
        _scenes.Workshop.Run(Stage(collection, lists), "lists");
        _scenes.Workshop.Run(Stage(collection, lists), "again", workers: 1);

        Assert.Equal(_scenes.Workshop.Hashes("lists"), _scenes.Workshop.Hashes("again"));
        ShardSet approximate = ShardSet.Open(_scenes.Workshop.Of("lists"));
        Assert.Equal(
            exact.Records.Select(record => record.Exemplar!.Id),
            approximate.Records.Select(record => record.Exemplar!.Id)
        );
    }

    [Fact]
    public void Run_NothingOfAnotherKind_IsRejected()
    {
        RegionCollection collection = _scenes.Collection(1);

        StageSummary summary = _scenes.Workshop.Run(Stage(collection, RegionScenes.Replacement), "replacement");

        Assert.Equal(1, summary.Rejected["no neighbour of another kind"]);
    }

    [Fact]
    public void Create_VectorsOfAnotherModel_AreRefused()
    {
        RegionCollection collection = _scenes.Collection(2);
        ShardSet regions = ShardSet.Open(_scenes.Workshop.Of("regions"));
        _scenes.Workshop.Run(new FeatureStage(regions, _scenes.Pictures, new Constant()), "other");
        var other = new RegionCollection(ShardSet.Open(_scenes.Workshop.Of("other")), _scenes.Pictures);

        var refused = Assert.Throws<DatasetException>(() =>
            new ReplacementStage(collection, other, new ClassicalPaste(), RegionScenes.Replacement, seed: 0)
        );

        Assert.Contains("make both with one model", refused.Message, StringComparison.Ordinal);
        Assert.Throws<DatasetException>(() => new RegionCollection(regions, _scenes.Pictures));
    }

    private ShardSet Run(RegionCollection collection)
    {
        _scenes.Workshop.Run(Stage(collection, RegionScenes.Replacement), "replacement");
        return ShardSet.Open(_scenes.Workshop.Of("replacement"));
    }

    private static ReplacementStage Stage(RegionCollection collection, ReplacementOptions options) =>
        new(collection, collection, new ClassicalPaste(), options, seed: 5);

    private sealed class Constant : IRegionFeatures
    {
        public ModelNote Model { get; } = new("features", "constant");

        public float[] Of(RgbImage patch, RegionMask mask)
        {
            var random = new CounterRandom(1, RandomPurpose.Construction, patch.Width);
            return [(float)random.NextDouble(), 1];
        }
    }
}
