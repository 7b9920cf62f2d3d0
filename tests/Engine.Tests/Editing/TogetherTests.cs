using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using TorchSharp;

namespace InstructDiffusion.Engine.Tests.Editing;

/// <summary>Edits prepared together are what each is alone, within the tolerance that batching is allowed.</summary>
public sealed class TogetherTests
{
    private const double LatentTolerance = 1e-4;
    private const int GreyLevels = 1;

    [Fact]
    public void Prepare_SeveralTogether_GivesWhatEachGivesAlone()
    {
        using LoadedModel model = ReferenceModel.Open();
        EditRequest[] requests = Requests();

        IReadOnlyList<EditState> together = model.Pipeline.Prepare(requests);

        Assert.Equal(requests, together.Select(state => state.Request));
        foreach ((EditRequest request, EditState state) in requests.Zip(together))
        {
            using var alone = (DenoisingState)model.Pipeline.Prepare(request);
            var beside = (DenoisingState)state;
            using var scope = torch.NewDisposeScope();
            Assert.Equal(alone.Latents.data<float>().ToArray(), beside.Latents.data<float>().ToArray());
            AssertClose(alone.ImageLatents, beside.ImageLatents, "source latents");
            AssertClose(alone.Text, beside.Text, "text states");
            AssertClose(alone.NullText, beside.NullText, "null states");
            Assert.Equal(
                (alone.WorkingSize, alone.Rows, alone.StepCount, alone.DroppedTokens),
                (beside.WorkingSize, beside.Rows, beside.StepCount, beside.DroppedTokens)
            );
        }
        together.ToList().ForEach(state => state.Dispose());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    public void Edit_PreparedAndRunAmongOthers_GivesThePictureOfTheEditAlone(int edits)
    {
        using LoadedModel model = ReferenceModel.Open();
        EditRequest request = ReferenceModel.Request(seed: 3, steps: 3);
        EditRequest[] all =
        [
            .. Enumerable
                .Range(0, edits)
                .Select(i => i == edits / 2 ? request : request with { Seed = 100 + i, Steps = 5 }),
        ];
        RgbImage alone = ((EditPipeline)model.Pipeline).Run(request).Image;

        IReadOnlyList<EditState> states = model.Pipeline.Prepare(all);
        EditState mine = states[edits / 2];
        while (!mine.IsDenoised)
        {
            model.Pipeline.Step(states);
        }
        int levels = TestImages.MaxDifference(alone, model.Pipeline.Finish(mine).Image);

        Assert.True(levels <= GreyLevels, $"pictures differ by {levels} grey levels beside {edits - 1} others");
        states.ToList().ForEach(state => state.Dispose());
    }

    [Fact]
    public void Prepare_OneThatCannotBeDone_PreparesNoneAndLeavesNothing()
    {
        using LoadedModel model = ReferenceModel.Open();
        EditRequest good = ReferenceModel.Request();
        EditRequest bad = good with { Steps = 999_999 };

        LeakAssert.Leaves(0, () => Assert.Throws<InvalidEditException>(() => model.Pipeline.Prepare([good, bad])));
    }

    [Fact]
    public void Prepare_MoreThanOnePassHolds_IsTheSame()
    {
        // Two canvases of 64x64 a pass.
        using EditModel weights = ModelLoader.Load(new ModelLoadOptions { Path = ReferenceModel.Folder });
        var narrow = new EditPipeline(weights, new EditPipelineOptions { MaxWholePixels = 2 * 64 * 64 });
        var wide = new EditPipeline(weights);
        EditRequest[] requests = [.. Enumerable.Range(0, 5).Select(i => ReferenceModel.Request(seed: i))];

        IReadOnlyList<EditState> a = narrow.Prepare(requests);
        IReadOnlyList<EditState> b = wide.Prepare(requests);

        foreach ((EditState x, EditState y) in a.Zip(b))
        {
            using var scope = torch.NewDisposeScope();
            AssertClose(((DenoisingState)x).ImageLatents, ((DenoisingState)y).ImageLatents, "source latents");
            x.Dispose();
            y.Dispose();
        }
    }

    [Fact]
    public void Prepare_RepeatedTextAndPicture_IsEncodedOnceAndCounted()
    {
        using LoadedModel model = ModelLoader.Open(
            new ModelLoadOptions
            {
                Path = ReferenceModel.Folder,
                Pipeline = new EditPipelineOptions { TextCacheBytes = 1 << 20, SourceCacheBytes = 1 << 20 },
            }
        );
        EditRequest request = ReferenceModel.Request();
        model.Pipeline.Prepare(request).Dispose();

        IReadOnlyList<EditState> states = model.Pipeline.Prepare([
            request with
            {
                Seed = 1,
            },
            request with
            {
                Seed = 2,
            },
        ]);

        Assert.Equal((2, 1), (model.Cache!.Texts.Misses, model.Cache.Sources.Misses));
        states.ToList().ForEach(state => state.Dispose());
    }

    [Theory]
    [InlineData(80, 64, 64, 64)]
    [InlineData(300, 100, 128, 64)]
    public void Measure_ARequest_TellsWhatPreparingGives(int width, int height, int canvasWidth, int canvasHeight)
    {
        using LoadedModel model = ReferenceModel.Open();
        EditRequest request = ReferenceModel.Request(steps: 7) with
        {
            Image = TestImages.Photo(width, height),
            WorkingSize = WorkingSize.Of(new ImageSize(canvasWidth, canvasHeight)),
            TextGuidanceScale = 0.5,
        };

        EditShape shape = model.Pipeline.Measure(request, new ImageSize(width, height));
        using EditState state = model.Pipeline.Prepare(request);

        Assert.Equal(new EditShape(state.WorkingSize, state.Rows, state.StepCount), shape);
    }

    private static EditRequest[] Requests() =>
        [
            ReferenceModel.Request(seed: 1),
            ReferenceModel.Request(seed: 2) with
            {
                Image = TestImages.Photo(64, 96),
                Instruction = "a cat",
            },
            ReferenceModel.Request(seed: 3) with
            {
                WorkingSize = WorkingSize.Of(new ImageSize(128, 64)),
                NegativeInstruction = "blurry",
            },
            ReferenceModel.Request(seed: 4) with
            {
                Image = TestImages.Photo(200, 64),
                TextGuidanceScale = 0.5,
                Steps = 9,
            },
        ];

    private static void AssertClose(torch.Tensor expected, torch.Tensor actual, string what)
    {
        float difference = expected.sub(actual).abs().max().item<float>();
        Assert.True(difference <= LatentTolerance, $"{what} differ by {difference}");
    }
}
