using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Editing;

public sealed class EditPipelineTests
{
    [Theory]
    [InlineData(100, 75)]
    [InlineData(64, 150)]
    [InlineData(33, 40)]
    public void Run_AnyInputSize_ReturnsThatSize(int width, int height)
    {
        using LoadedModel model = ReferenceModel.Open();
        EditRequest request = ReferenceModel.Request() with
        {
            Image = TestImages.Photo(width, height),
            WorkingSize = WorkingSize.Of(64),
        };

        EditResult result = ((EditPipeline)model.Pipeline).Run(request);

        Assert.Equal((width, height), (result.Image.Width, result.Image.Height));
        Assert.Equal(0, result.WorkingSize.Width % 64 + result.WorkingSize.Height % 64);
    }

    [Fact]
    public void Run_SameRequestTwice_GivesTheSameBytes()
    {
        using LoadedModel model = ReferenceModel.Open();
        var pipeline = (EditPipeline)model.Pipeline;

        RgbImage first = pipeline.Run(ReferenceModel.Request()).Image;
        RgbImage second = pipeline.Run(ReferenceModel.Request()).Image;
        RgbImage otherSeed = pipeline.Run(ReferenceModel.Request(seed: 2)).Image;

        Assert.Equal(first.Pixels.ToArray(), second.Pixels.ToArray());
        Assert.NotEqual(first.Pixels.ToArray(), otherSeed.Pixels.ToArray());
    }

    [Fact]
    public void Run_ReportsEveryStep_AndStopsWhenCancelled()
    {
        using LoadedModel model = ReferenceModel.Open();
        var pipeline = (EditPipeline)model.Pipeline;
        using var stop = new CancellationTokenSource();
        var steps = new List<(int, int)>();

        Assert.Throws<OperationCanceledException>(() =>
            pipeline.Run(
                ReferenceModel.Request(steps: 5),
                (done, of) =>
                {
                    steps.Add((done, of));
                    if (done == 2)
                    {
                        stop.Cancel();
                    }
                },
                stop.Token
            )
        );

        Assert.Equal([(1, 5), (2, 5)], steps);
    }

    [Theory]
    [InlineData(GuidanceFamily.InstructDiffusion, 5.0, 1.25, 3)]
    [InlineData(GuidanceFamily.InstructDiffusion, 6.0, 0.5, 2)]
    [InlineData(GuidanceFamily.InstructDiffusion, 0.5, 0.5, 1)]
    [InlineData(GuidanceFamily.InstructPix2Pix, 7.5, 1.0, 2)]
    [InlineData(GuidanceFamily.InstructPix2Pix, 1.0, 1.0, 1)]
    public void Prepare_Scales_NeedNoMoreRowsThanTheFormula(GuidanceFamily family, double text, double image, int rows)
    {
        using LoadedModel model = ModelLoader.Open(
            new ModelLoadOptions { Path = ReferenceModel.Folder, Family = family }
        );

        using EditState state = model.Pipeline.Prepare(
            ReferenceModel.Request() with
            {
                TextGuidanceScale = text,
                ImageGuidanceScale = image,
            }
        );

        Assert.Equal(rows, state.Rows);
    }

    [Fact]
    public void Prepare_LongInstruction_ReportsWhatIsDropped()
    {
        using LoadedModel model = ReferenceModel.Open();
        string text = string.Join(' ', Enumerable.Repeat("red", 100));

        EditResult result = ((EditPipeline)model.Pipeline).Run(
            ReferenceModel.Request(steps: 1) with
            {
                Instruction = text,
            }
        );

        Assert.True(result.DroppedTokens >= 25, $"{result.DroppedTokens} tokens dropped");
    }

    [Fact]
    public void Finish_NonFiniteLatents_IsAnErrorThatSaysSo()
    {
        using LoadedModel model = ReferenceModel.Open();
        using var state = (DenoisingState)model.Pipeline.Prepare(ReferenceModel.Request(steps: 1));
        model.Pipeline.Step([state]);
        state.Latents.fill_(float.NaN);

        NonFiniteImageException error = Assert.Throws<NonFiniteImageException>(() => model.Pipeline.Finish(state));

        Assert.Contains("denoising", error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, EditRequest> BadRequests() =>
        new()
        {
            { "steps", ReferenceModel.Request(steps: 0) },
            { "steps", ReferenceModel.Request() with { Steps = 501 } },
            { "instruction", ReferenceModel.Request() with { Instruction = " " } },
            { "text_guidance_scale", ReferenceModel.Request() with { TextGuidanceScale = double.NaN } },
            { "image_guidance_scale", ReferenceModel.Request() with { ImageGuidanceScale = -1 } },
            { "eta", ReferenceModel.Request() with { Eta = 2 } },
            { "seed", ReferenceModel.Request() with { Seed = -1 } },
            { "size", ReferenceModel.Request() with { WorkingSize = WorkingSize.Of(new ImageSize(100, 64)) } },
            { "size", ReferenceModel.Request() with { WorkingSize = WorkingSize.Of(new ImageSize(65_536, 65_536)) } },
            { "size", ReferenceModel.Request() with { WorkingSize = WorkingSize.Of(8) } },
            {
                "size",
                ReferenceModel.Request() with
                {
                    Image = TestImages.Photo(2000, 3),
                    WorkingSize = WorkingSize.Of(512),
                }
            },
        };

    [Theory]
    [MemberData(nameof(BadRequests))]
    public void Prepare_BadRequest_NamesTheParameter(string parameter, EditRequest request)
    {
        using LoadedModel model = ReferenceModel.Open();

        InvalidEditException error = Assert.Throws<InvalidEditException>(() => model.Pipeline.Prepare(request));

        Assert.Equal(parameter, error.Parameter);
    }
}
