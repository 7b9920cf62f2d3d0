using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using TorchSharp;

namespace InstructDiffusion.Engine.Tests.Editing;

public sealed class ConditioningCacheTests
{
    private static readonly EditPipelineOptions Cached = new() { TextCacheBytes = 1 << 20, SourceCacheBytes = 1 << 20 };

    public static TheoryData<EditRequest> Requests() =>
        new(
            ReferenceModel.Request(),
            ReferenceModel.Request(seed: 2) with
            {
                Instruction = "a cat",
                NegativeInstruction = "a dog",
            },
            ReferenceModel.Request() with
            {
                Placement = CanvasPlacement.Crop,
                IncludeRoundTrip = true,
            },
            ReferenceModel.Request() with
            {
                WorkingSize = WorkingSize.Of(new ImageSize(128, 64)),
            }
        );

    [Theory]
    [MemberData(nameof(Requests))]
    public void Run_TextAndPictureMetBefore_GivesTheBitsOfAnEditWithoutACache(EditRequest request)
    {
        using LoadedModel plain = ReferenceModel.Open();
        using LoadedModel cached = Open(Cached);
        var pipeline = (EditPipeline)cached.Pipeline;
        EditResult expected = ((EditPipeline)plain.Pipeline).Run(request);

        // Everything that differs in one way from the request, so that a key that forgets something would be caught.
        pipeline.Run(request with { Image = TestImages.Photo(64, 80) });
        pipeline.Run(request with { Instruction = "something else" });
        pipeline.Run(request with { NegativeInstruction = "something else" });
        pipeline.Run(request with { WorkingSize = WorkingSize.Of(new ImageSize(64, 128)) });
        pipeline.Run(
            request with
            {
                Placement = request.Placement == CanvasPlacement.Pad ? CanvasPlacement.Crop : CanvasPlacement.Pad,
            }
        );
        EditResult first = pipeline.Run(request);
        (long textsBefore, long sourcesBefore) = (cached.Cache!.Texts.Misses, cached.Cache.Sources.Misses);
        EditResult again = pipeline.Run(request);

        Assert.Equal(expected.Image.Content, first.Image.Content);
        Assert.Equal(expected.Image.Content, again.Image.Content);
        Assert.Equal(expected.RoundTrip?.Content, again.RoundTrip?.Content);
        Assert.Equal((textsBefore, sourcesBefore), (cached.Cache.Texts.Misses, cached.Cache.Sources.Misses));
    }

    [Fact]
    public void Run_EqualPictureOfAnotherObject_IsAHit()
    {
        using LoadedModel model = Open(Cached);
        var pipeline = (EditPipeline)model.Pipeline;

        pipeline.Run(ReferenceModel.Request());
        pipeline.Run(ReferenceModel.Request(seed: 3) with { TextGuidanceScale = 2 });

        Assert.Equal((1, 1), (model.Cache!.Sources.Misses, model.Cache.Sources.Hits));
        Assert.Equal((2, 2), (model.Cache.Texts.Misses, model.Cache.Texts.Hits));
    }

    [Fact]
    public void Run_CacheOff_RemembersNothing()
    {
        using LoadedModel model = ReferenceModel.Open();
        EditRequest request = ReferenceModel.Request();

        ((EditPipeline)model.Pipeline).Run(request);
        ((EditPipeline)model.Pipeline).Run(request);

        Assert.Equal((0, 0L), (model.Cache!.Sources.Entries, model.Cache.Sources.Bytes));
        Assert.Equal((0, 0L), (model.Cache.Texts.Entries, model.Cache.Texts.Bytes));
    }

    [Fact]
    public void Dispose_WhileAnEditRuns_LeavesTheEditItsTensors()
    {
        using LoadedModel model = ReferenceModel.Open();
        var cache = new ConditioningCache(1 << 20, 1 << 20);
        var plain = (EditPipeline)model.Pipeline;
        using EditModel weights = ModelLoader.Load(new ModelLoadOptions { Path = ReferenceModel.Folder });
        var pipeline = new EditPipeline(weights, cache: cache);
        pipeline.Run(ReferenceModel.Request());
        using EditState state = pipeline.Prepare(ReferenceModel.Request());

        cache.Dispose();
        while (!state.IsDenoised)
        {
            pipeline.Step([state]);
        }

        Assert.Equal(plain.Run(ReferenceModel.Request()).Image.Content, pipeline.Finish(state).Image.Content);
    }

    [Fact]
    public void Run_ManyTextsAndPictures_StaysWithinItsBytesAndLeavesNoOtherTensors()
    {
        using LoadedModel model = Open(new EditPipelineOptions { TextCacheBytes = 20_000, SourceCacheBytes = 3_000 });
        var pipeline = (EditPipeline)model.Pipeline;
        pipeline.Run(ReferenceModel.Request(steps: 1));
        long others = DisposeScopeManager.Statistics.ThreadTotalLiveCount - Kept(model.Cache!);

        for (int i = 0; i < 25; i++)
        {
            pipeline.Run(
                ReferenceModel.Request(steps: 1) with
                {
                    Instruction = $"number {i % 9}",
                    Image = TestImages.Photo(64, 64 + i % 11),
                }
            );
            Assert.InRange(model.Cache!.Texts.Bytes, 1, 20_000);
            Assert.InRange(model.Cache.Sources.Bytes, 1, 3_000);
        }

        Assert.Equal(others + Kept(model.Cache!), DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        Assert.True(model.Cache!.Texts.Misses > model.Cache.Texts.Entries, "nothing was evicted");
        Assert.True(model.Cache.Sources.Misses > model.Cache.Sources.Entries, "nothing was evicted");
    }

    private static int Kept(ConditioningCache cache) => cache.Texts.Entries + cache.Sources.Entries;

    private static LoadedModel Open(EditPipelineOptions options) =>
        ModelLoader.Open(new ModelLoadOptions { Path = ReferenceModel.Folder, Pipeline = options });
}
