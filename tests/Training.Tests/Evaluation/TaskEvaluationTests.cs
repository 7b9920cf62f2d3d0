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
        EvaluationPairs pairs = Pairs();
        EvaluatedPair[] known = [.. Enumerable.Range(0, pairs.Count).Select(index => pairs[index])];
        var editor = new FakeEditor(request => TargetOf(known, request));
        int steps = 0;

        TaskReport report = Evaluation(editor, pairs).Run(Settings, by => steps += by, Cancelled);

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
        TaskReport report = Run(new FakeEditor(request => request.Image));

        Assert.Equal("undecided", report.Figures[0].Verdict);
        Assert.Equal(0, report.Figures[0].Gain!.Value);
    }

    [Fact]
    public void Run_NoPictures_AreCountedAndJudgedAsGrey()
    {
        TaskReport report = Run(new FakeEditor(_ => null));

        Assert.Equal(21, report.NotFinite);
        Assert.Equal("worse", report.Figures[0].Verdict);
    }

    [Fact]
    public void Run_WithoutEditor_LooksAtTheAutoencoderAlone()
    {
        TaskEvaluation evaluation = Evaluation(editor: null, Pairs());
        int done = 0;

        TaskReport report = evaluation.Run(settings: null, by => done += by, Cancelled);

        Assert.Equal((21, 21), (done, evaluation.Autoencoder.Count()));
        Assert.Null(report.Figures[0].Model);
        Assert.NotNull(report.Figures[0].Ceiling);
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
            Evaluation(editor, Pairs()).Run(Settings, _ => { }, stop.Token)
        );
    }

    /// <summary>
    /// Interrupted in the middle, and killed in the middle of a line at that: what was noted is not asked for again, and the report and the
    /// kept answers are those of one go.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Run_Interrupted_GoesOnAndGivesTheSame(int portion)
    {
        using var made = new TempFolder();
        var whole = new FakeEditor(request => request.Image);
        TaskReport expected = Evaluate(whole, made.Of("whole"));
        int answered = 0;
        var interrupted = new FakeEditor(request =>
            ++answered > 10 ? throw new OperationCanceledException("as if Ctrl-C had been pressed") : request.Image
        );

        Assert.Throws<OperationCanceledException>(() => Evaluate(interrupted, made.Of("parts")));
        File.AppendAllText(made.Of("parts", "items.jsonl"), "{\"split\":\"removal st");
        var rest = new FakeEditor(request => request.Image);
        TaskReport resumed = Evaluate(rest, made.Of("parts"));
        var idle = new FakeEditor(_ => throw new InvalidOperationException("asked for what is there"));
        TaskReport again = Evaluate(idle, made.Of("parts"));

        int noted = 10 / portion * portion; // whole portions alone
        Assert.Equal(21 - noted, rest.Requests.Count);
        Assert.Equal(
            whole.Requests.Select(request => request.Seed),
            SeedsOf(interrupted, noted).Concat(SeedsOf(rest, 99))
        );
        Assert.Equal(Described(expected), Described(resumed));
        Assert.Equal(Described(expected), Described(again));
        string[] files = [.. Directory.GetFiles(made.Of("whole"), "*", SearchOption.AllDirectories)];
        Assert.Equal(1 + (2 * ExampleAnswers.Kept), files.Length);
        Assert.All(
            files,
            file =>
                Assert.Equal(
                    File.ReadAllBytes(file),
                    File.ReadAllBytes(file.Replace(made.Of("whole"), made.Of("parts"), StringComparison.Ordinal))
                )
        );

        TaskReport Evaluate(FakeEditor editor, string folder)
        {
            using var journal = ItemJournal.In(folder, "a plan");
            EvaluationPairs pairs = Pairs();
            var evaluation = new TaskEvaluation(pairs, _roundTrip, editor, new Bootstrap(1), journal)
            {
                Examples = new ExampleAnswers(Path.Combine(folder, ExampleAnswers.FolderName)),
                Portion = portion,
            };
            return evaluation.Run(Settings, _ => { }, Cancelled);
        }
    }

    [Fact]
    public void Run_KeptAnswerLost_IsAskedForAgain()
    {
        using var made = new TempFolder();
        using var journal = ItemJournal.Unkept();
        var editor = new FakeEditor(request => request.Image);
        var evaluation = new TaskEvaluation(Pairs(), _roundTrip, editor, new Bootstrap(1), journal)
        {
            Examples = new ExampleAnswers(made.Path),
        };
        evaluation.Run(Settings, _ => { }, Cancelled);
        File.Delete(made.Of("removal-000007-answer.png"));

        evaluation.Run(Settings, _ => { }, Cancelled);

        Assert.Equal(22, editor.Requests.Count);
        Assert.True(File.Exists(made.Of("removal-000007-answer.png")));
    }

    /// <summary>What does not depend on settings is measured once; the noise of the edits follows its own seed.</summary>
    [Fact]
    public void Run_OtherNoise_AsksTheSameWithOtherSeeds()
    {
        var editor = new FakeEditor(request => request.Image);
        TaskEvaluation evaluation = Evaluation(editor, Pairs());

        TaskReport first = evaluation.Run(Settings, _ => { }, Cancelled);
        TaskReport second = evaluation.Run(Settings with { NoiseSeed = 8 }, _ => { }, Cancelled);
        evaluation.Run(Settings with { NoiseSeed = _plan.Seed }, _ => { }, Cancelled);

        Assert.Equal(SeedsOf(editor, 21), editor.Requests.Skip(42).Select(request => request.Seed));
        Assert.Empty(SeedsOf(editor, 21).Intersect(editor.Requests.Skip(21).Take(21).Select(request => request.Seed)));
        Assert.Equal(first.Figures, second.Figures);
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

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private TaskReport Run(FakeEditor editor) => Evaluation(editor, Pairs()).Run(Settings, _ => { }, Cancelled);

    private TaskEvaluation Evaluation(FakeEditor? editor, EvaluationPairs pairs) =>
        new(pairs, _roundTrip, editor, new Bootstrap(1), ItemJournal.Unkept());

    private EvaluationPairs Pairs() => new(_sources.Open(), _plan, DemoTask.Removal);

    private static RgbImage TargetOf(EvaluatedPair[] pairs, EditRequest request) =>
        pairs.First(pair => pair.Truth.Source.Pixels.SequenceEqual(request.Image.Pixels)).Truth.Target;

    private static IEnumerable<long> SeedsOf(FakeEditor editor, int count) =>
        editor.Requests.Take(count).Select(request => request.Seed);

    private static string Described(TaskReport report) => System.Text.Json.JsonSerializer.Serialize(report);
}
