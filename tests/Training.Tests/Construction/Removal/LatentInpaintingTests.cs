using InstructDiffusion.Engine.Editing.Inpainting;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Inpainting;
using InstructDiffusion.Training.Construction.Removal;
using InstructDiffusion.Training.Construction.Replacement;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Tests.Construction.Removal;

/// <summary>The stages over tiny random models of the public models' form, through the engine.</summary>
public sealed class LatentInpaintingTests : IDisposable
{
    private readonly RegionScenes _scenes = new();
    private readonly TempFolder _models = new();

    public void Dispose()
    {
        _scenes.Dispose();
        _models.Dispose();
    }

    [Fact]
    public void Removal_InpaintingModel_GivesTheSamePairsAtEveryRun()
    {
        ShardSet regions = _scenes.Regions(2);
        using TextInpainter model = InpaintingLoader.OpenText(
            TinyInpainters.WriteText(_models),
            "cpu",
            TestContext.Current.CancellationToken
        );
        var options = new InpaintingOptions { Steps = 2 };
        var inpainter = new LatentInpainting(model, new ModelNote("inpainter", "tiny", "abc"), "background", options);

        RemovalStage Stage() => new(regions, _scenes.Pictures, inpainter, RegionScenes.Removal, seed: 3);
        StageSummary summary = _scenes.Workshop.Run(Stage(), "one", workers: 1);
        _scenes.Workshop.Run(Stage(), "two", workers: 2);

        Assert.Empty(summary.Rejected);
        Assert.Equal(2, summary.Kept[PairKinds.Removal]);
        Assert.Equal(_scenes.Workshop.Hashes("one"), _scenes.Workshop.Hashes("two"));
        ShardSet pairs = ShardSet.Open(_scenes.Workshop.Of("one"));
        Assert.Equal("abc", pairs[0].Stages[^1].Models.Single().Sha256);
        Assert.Equal(2, pairs.Manifest.Settings["inpainter"]!["steps"]!.GetValue<int>());
    }

    [Fact]
    public void Replacement_PaintByExample_GivesTheSamePairsAtEveryRun()
    {
        RegionCollection collection = _scenes.Collection(4);
        using ExemplarInpainter model = InpaintingLoader.OpenExemplar(
            TinyInpainters.WriteExemplar(_models),
            "cpu",
            TestContext.Current.CancellationToken
        );
        var options = new InpaintingOptions { Steps = 2, GuidanceScale = 5 };
        var painter = new PaintByExample(model, new ModelNote("painter", "tiny", "def"), options);

        ReplacementStage Stage() => new(collection, collection, painter, RegionScenes.Replacement, seed: 3);
        StageSummary summary = _scenes.Workshop.Run(Stage(), "one", workers: 1);
        _scenes.Workshop.Run(Stage(), "two", workers: 2);

        Assert.Empty(summary.Rejected);
        Assert.Equal(4, summary.Kept[PairKinds.Replacement]);
        Assert.Equal(_scenes.Workshop.Hashes("one"), _scenes.Workshop.Hashes("two"));
        Assert.Equal("def", ShardSet.Open(_scenes.Workshop.Of("one"))[0].Stages[^1].Models.Single().Sha256);
    }
}
