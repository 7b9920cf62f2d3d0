using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Scoring;
using InstructDiffusion.Training.Scoring.Features;
using InstructDiffusion.Training.Scoring.Giqa;
using InstructDiffusion.Training.Scoring.Pairs;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Scoring;

public sealed class ScoreStageTests : IDisposable
{
    private readonly ScoringWorkshop _workshop = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Make_Pairs_GivesTheScoresOfEachPairAlone()
    {
        PairSets pairs = PairSets.Open([_workshop.Run(new PairStage(20), "pairs")]);
        using ScoreModels models = Open();

        IReadOnlyList<ShardRecord> records = Score(pairs, models);

        ShardRecord record = records[8];
        Assert.Equal(["pairs", "scores"], record.Stages.Select(stage => stage.Stage));
        Assert.Equal("CC0", record.Origin?.Licence);
        using var scope = NewDisposeScope();
        Tensor before = models.Clip.OfPictures([pairs.ReadPicture(8, ShardMember.Source)], Cancel);
        Tensor after = models.Clip.OfPictures([pairs.ReadPicture(8, ShardMember.Target)], Cancel);
        Tensor captionBefore = models.Clip.OfTexts([record.SourceCaption!], Cancel);
        Tensor captionAfter = models.Clip.OfTexts([record.TargetCaption!], Cancel);
        var expected = new Dictionary<string, double>
        {
            ["clip_image"] = ClipSimilarity.Cosine(before, after)[0],
            ["clip_source_text"] = ClipSimilarity.Cosine(before, captionBefore)[0],
            ["clip_target_text"] = ClipSimilarity.Cosine(after, captionAfter)[0],
            ["clip_direction"] = ClipSimilarity.Directional(before, after, captionBefore, captionAfter)[0],
        };
        Assert.Equal(expected.Keys.Order(), record.Scores.Keys.Order());
        foreach ((string name, double value) in expected)
        {
            Assert.Equal(value, record.Scores[name], name == "clip_direction" ? 1e-4 : 1e-5);
        }
    }

    [Fact]
    public void Make_PairsThatCannotBeScored_AreRejectedAloneWithTheReason()
    {
        PairSets pairs = PairSets.Open([_workshop.Run(new PairStage(20), "pairs")]);
        using ScoreModels models = Open();

        IReadOnlyList<ShardRecord> records = Score(pairs, models);

        Assert.Equal(20, records.Count);
        Assert.Equal([5, 9], Enumerable.Range(0, 20).Where(i => records[i].Rejection is not null));
        Assert.Equal("cannot be read", records[5].Rejection?.Reason);
        Assert.Equal("no pair", records[9].Rejection?.Reason);
        Assert.Equal(["clip_image"], records[6].Scores.Keys); // without captions
    }

    [Fact]
    public void Make_RecordThatScoresMakeTooLong_IsRejectedAlone()
    {
        int longest = ShardRecord.MaxBytes - 400; // fits with what else is in a pair, and no longer with its scores
        PairSets pairs = PairSets.Open([_workshop.Run(new PairStage(4, longest: longest), "pairs")]);
        using ScoreModels models = Open();

        IReadOnlyList<ShardRecord> records = Score(pairs, models);

        Assert.Equal("its record is too long", records[2].Rejection?.Reason);
        Assert.Equal(pairs[2].Id, records[2].Id);
        Assert.Equal(3, records.Count(record => record.Rejection is null));
    }

    [Fact]
    public void Run_InterruptedAnywhereAndBegunAgain_GivesTheSameBytes()
    {
        PairSets pairs = PairSets.Open([_workshop.Run(new PairStage(40), "pairs")]);
        using ScoreModels models = Open();
        _workshop.Run(new ScoreStage(pairs, models), "whole", shardItems: 1);
        using var stop = new CancellationTokenSource();
        var stage = new StoppingStage(new ScoreStage(pairs, models), atItem: 2, stop);

        Assert.ThrowsAny<OperationCanceledException>(() =>
            _workshop.Run(stage, "pieces", shardItems: 1, cancellationToken: stop.Token)
        );
        Assert.NotEqual(_workshop.Hashes("whole").Keys.Order(), _workshop.Hashes("pieces").Keys.Order());
        _workshop.Run(new ScoreStage(pairs, models), "pieces", shardItems: 1);

        Assert.Equal(_workshop.Hashes("whole").OrderBy(f => f.Key), _workshop.Hashes("pieces").OrderBy(f => f.Key));
    }

    [Fact]
    public void Make_WithAestheticsAndQuality_ScoresBothPictures()
    {
        string clip = TinyClip.WriteWide(_workshop.Folder, "wide");
        PairSets pairs = PairSets.Open([_workshop.Run(new PairStage(4), "pairs")]);
        using ScoreModels models = ScoreModels.Open(clip, Predictor(), [Gallery(clip)], "cpu", Cancel);

        IReadOnlyList<ShardRecord> records = Score(pairs, models);

        Assert.Equal(["clip", "aesthetic", "knn"], models.Notes.Select(note => note.Role));
        using var scope = NewDisposeScope();
        RgbImage[] both = [pairs.ReadPicture(2, ShardMember.Source), pairs.ReadPicture(2, ShardMember.Target)];
        Tensor vectors = models.Clip.OfPictures(both, Cancel);
        float[] aesthetic = models.Aesthetic!.Of(vectors);
        double[] knn = models.Qualities[0].Score(vectors);
        Assert.Equal(aesthetic[0], records[2].Scores["aesthetic_source"], 1e-4);
        Assert.Equal(aesthetic[1], records[2].Scores["aesthetic_target"], 1e-4);
        Assert.InRange(records[2].Scores["knn_source"] / knn[0], 0.999, 1.001);
        Assert.InRange(records[2].Scores["knn_target"] / knn[1], 0.999, 1.001);
    }

    [Fact]
    public void Open_ModelsThatDoNotFitTogether_SaysWhich()
    {
        string wide = TinyClip.WriteWide(_workshop.Folder, "wide");
        string gallery = Gallery(wide);

        var aesthetic = Assert.Throws<ScoringException>(() =>
            ScoreModels.Open(_workshop.Clip, Predictor(), [], "cpu", Cancel)
        );
        var other = Assert.Throws<ScoringException>(() =>
            ScoreModels.Open(_workshop.Clip, null, [gallery], "cpu", Cancel)
        );
        var twice = Assert.Throws<ScoringException>(() =>
            ScoreModels.Open(wide, null, [gallery, gallery], "cpu", Cancel)
        );

        Assert.Contains("vectors of 768, this CLIP gives 16", aesthetic.Message, StringComparison.Ordinal);
        Assert.Contains("another CLIP", other.Message, StringComparison.Ordinal);
        Assert.Contains("second model", twice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_SeveralFolders_AreOneAfterTheOther()
    {
        string first = _workshop.Run(new PairStage(3, "one"), "first");
        string none = _workshop.Run(new PairStage(0, "none"), "none");
        string second = _workshop.Run(new PairStage(2, "two"), "second");

        PairSets pairs = PairSets.Open([first, none, second]);

        Assert.Equal(5, pairs.Count);
        Assert.Equal(["one-00000002", "two-00000000", "two-00000001"], Enumerable.Range(2, 3).Select(i => pairs[i].Id));
        Assert.Equal(40, pairs.ReadPicture(4, ShardMember.Source).Width);
        Assert.Throws<DatasetException>(() => PairSets.Open([first, first]));
    }

    [Fact]
    public void Make_Features_AreThoseOfTheReadablePicturesInOrder()
    {
        PictureList list = PictureList.Of(_workshop.Pictures(each: 14));
        using ClipScores clip = ClipScores.Open(_workshop.Clip, "cpu", Cancel);
        var note = new ModelNote("clip", "tiny", "abc");
        string folder = _workshop.Run(new FeatureStage(list, clip, note), "features", shardItems: 1);

        using FeatureSet set = FeatureSet.Open(folder);

        Assert.Equal("abc", set.Clip);
        Assert.Equal(43, list.Names.Count);
        Assert.Equal(list.Names.Where(name => name != "real/broken.png"), set.Names);
        double?[] iterations = [.. set.Names.Select(PictureList.IterationOf).Distinct()];
        Assert.Equal([100, 200, null], iterations);
        using var scope = NewDisposeScope();
        RgbImage last = ImageCodec
            .Decode(File.ReadAllBytes(Path.Combine(list.Root.Folder, set.Names[41])), new())
            .Image;
        Fixture.AssertClose(set.Vectors[41], clip.OfPictures([last], Cancel)[0], 1e-5, "the last one");
        Assert.Equal(1, StageSummary.Of(folder).Rejected["cannot be read"]);
    }

    private ScoreModels Open() => ScoreModels.Open(_workshop.Clip, null, [], "cpu", Cancel);

    private IReadOnlyList<ShardRecord> Score(PairSets pairs, ScoreModels models)
    {
        string folder = _workshop.Run(new ScoreStage(pairs, models), "scores");
        int shards = StageManifest.Read(folder).Shards;
        return [.. Enumerable.Range(0, shards).SelectMany(i => ShardRecords.Read(new ShardFile(folder, i)))];
    }

    private string Predictor()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, CPU);
        using var weights = new NamedTensors("v1");
        weights.Add("weight", randn([1, 768], generator: generator));
        weights.Add("bias", ones(1) * 5);
        string path = _workshop.Folder.Of("aesthetic.safetensors");
        SafetensorsWriter.Write(path, weights, cancellationToken: Cancel);
        return path;
    }

    private string Gallery(string clip)
    {
        using var scope = NewDisposeScope();
        using ClipScores scores = ClipScores.Open(clip, "cpu", Cancel);
        Tensor vectors = scores.OfPictures(
            [.. Enumerable.Range(90, 5).Select(i => TestImages.Photo(40, 30, i))],
            Cancel
        );
        var settings = new QualitySettings
        {
            Kind = QualityKind.Knn,
            Knn = new(),
            Clip = ScoreModels.NoteOf("clip", clip, Cancel).Sha256,
        };
        using KnnQuality knn = KnnQuality.Fit(vectors, settings, variance: null);
        string path = _workshop.Folder.Of("knn.safetensors");
        QualityFile.Write(path, knn, Cancel);
        return path;
    }

    /// <summary>Asks for an end when it comes to an item.</summary>
    private sealed class StoppingStage(IShardStage stage, long atItem, CancellationTokenSource stop) : IShardStage
    {
        public StageIdentity Identity => stage.Identity;

        public long Count => stage.Count;

        public ShardRecord Describe(long item) => stage.Describe(item);

        public IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken)
        {
            if (item == atItem)
            {
                stop.Cancel();
            }
            return stage.Make(item, cancellationToken);
        }
    }
}
