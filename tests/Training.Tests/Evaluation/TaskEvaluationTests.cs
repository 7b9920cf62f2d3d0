using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Tests.Data.Demo;

namespace InstructDiffusion.Training.Tests.Evaluation;

public sealed class TaskEvaluationTests : IDisposable
{
    private static readonly EditSettings Settings = new(3, 2, 1.5, "ddim");

    private readonly DemoSources _sources = new();
    private readonly AutoencoderRoundTrip _roundTrip = AutoencoderRoundTrip.Open(ModelLoader.ReferenceModelPath, "cpu");
    private readonly EvaluationPlan _plan = new()
    {
        Split = DemoSplit.Familiar,
        Resolution = 64,
        Count = 21,
        Tasks = [DemoTask.Removal],
        Seed = 6,
    };

    public void Dispose()
    {
        _roundTrip.Dispose();
        _sources.Dispose();
    }

    [Fact]
    public void Run_RightAnswers_AreBetterThanNothing()
    {
        EvaluatedPair[] pairs = Pairs();
        var editor = new FakeEditor(request => PairOf(pairs, request).Truth.Target);
        int steps = 0;

        TaskReport report = Evaluate(editor, pairs, by => steps += by);

        Assert.Equal((21, 0, 63), (report.Pairs, report.NotFinite, steps));
        Assert.Equal("better", report.Figures[0].Verdict);
        Assert.Equal(60, report.Figures[0].Model!.Value);
        Assert.True(report.Figures[0].Ceiling!.Value < 30, "the reference autoencoder is untrained");
        EditRequest first = editor.Requests[0];
        Assert.Equal((3, 2.0, 1.5), (first.Steps, first.TextGuidanceScale, first.ImageGuidanceScale));
        Assert.Equal(new ImageSize(64, 64), first.WorkingSize!.Exact);
    }

    [Fact]
    public void Run_DoingNothing_IsUndecided()
    {
        TaskReport report = Evaluate(new FakeEditor(request => request.Image), Pairs(), _ => { });

        Assert.Equal("undecided", report.Figures[0].Verdict);
        Assert.Equal(0, report.Figures[0].Gain!.Value);
    }

    [Fact]
    public void Run_NoPictures_AreCountedAndJudgedAsGrey()
    {
        TaskReport report = Evaluate(new FakeEditor(_ => null), Pairs(), _ => { });

        Assert.Equal(21, report.NotFinite);
        Assert.Equal("worse", report.Figures[0].Verdict);
    }

    [Fact]
    public void Run_WithoutEditor_LooksAtTheAutoencoderAlone()
    {
        var evaluation = new TaskEvaluation(_roundTrip, editor: null, new Bootstrap(1));
        int done = 0;

        TaskReport report = evaluation.Run(
            DemoTask.Removal,
            Pairs(),
            settings: null,
            by => done += by,
            TestContext.Current.CancellationToken
        );

        Assert.Equal((21, 21), (done, evaluation.Autoencoder.Count));
        Assert.Null(report.Figures[0].Model);
        Assert.NotNull(report.Figures[0].Ceiling);
        Assert.Equal(TaskEvaluation.Kept, evaluation.Examples.Count);
    }

    [Fact]
    public void Run_Cancelled_Ends()
    {
        using var stop = new CancellationTokenSource();
        var editor = new FakeEditor(request =>
        {
            stop.Cancel();
            return request.Image;
        });

        Assert.Throws<OperationCanceledException>(() =>
            new TaskEvaluation(_roundTrip, editor, new Bootstrap(1)).Run(
                DemoTask.Removal,
                Pairs(),
                Settings,
                _ => { },
                stop.Token
            )
        );
    }

    [Fact]
    public void RoundTrip_LeaksNothing() => LeakAssert.Leaves(0, () => _roundTrip.Run(TestImages.Photo(64, 64)));

    [Fact]
    public void RoundTrip_OfAModelWithoutAutoencoder_IsRefused()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.Of("unet"));
        File.Copy(
            Path.Combine(ModelLoader.ReferenceModelPath, "unet", "diffusion_pytorch_model.safetensors"),
            folder.Of("unet", "diffusion_pytorch_model.safetensors")
        );

        EvaluationException error = Assert.Throws<EvaluationException>(() =>
            AutoencoderRoundTrip.Open(folder.Path, "cpu")
        );

        Assert.Contains("no autoencoder", error.Message, StringComparison.Ordinal);
    }

    private TaskReport Evaluate(FakeEditor editor, EvaluatedPair[] pairs, Action<int> onWork) =>
        new TaskEvaluation(_roundTrip, editor, new Bootstrap(1)).Run(
            DemoTask.Removal,
            pairs,
            Settings,
            onWork,
            TestContext.Current.CancellationToken
        );

    private EvaluatedPair[] Pairs() => [.. new EvaluationPairs(_sources.Open(), _plan).Of(DemoTask.Removal)];

    private static EvaluatedPair PairOf(EvaluatedPair[] pairs, EditRequest request) =>
        pairs.First(pair => ReferenceEquals(pair.Truth.Source, request.Image));
}
