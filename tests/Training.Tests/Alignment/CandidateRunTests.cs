using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Alignment;

namespace InstructDiffusion.Training.Tests.Alignment;

public sealed class CandidateRunTests : IDisposable
{
    private readonly AlignmentWorkshop _workshop = new();

    public void Dispose()
    {
        Assert.Empty(_workshop.Pipeline.Breaches);
        Assert.Equal(_workshop.Pipeline.Prepared, _workshop.Pipeline.Disposed);
        _workshop.Dispose();
    }

    [Fact]
    public void Run_WritesEveryItem_WithHowItWasMade()
    {
        Assert.Equal(3, _workshop.Paint());

        CandidatePlan plan = _workshop.Folder.ReadPlan();
        CandidateItem item = _workshop.Folder.ReadItem("item-2");
        Assert.Equal(["item-0", "item-1", "item-2"], plan.Items);
        Assert.Equal(AlignmentWorkshop.Model, plan.Model);
        Assert.True(item.HasTarget);
        Assert.Equal(["00.png", "01.png", "02.png", "03.png"], item.Candidates.Select(c => c.File));
        Assert.Equal([(3, 1), (3, 1.5), (5, 1), (5, 1.5)], item.Candidates.Select(c => (c.TextScale, c.ImageScale)));
        RgbImage source = Decode("item-2", "source.png");
        Assert.Equal(0, TestImages.MaxDifference(TestImages.Photo(16, 16, seed: 2), source));
        var request = new EditRequest
        {
            Image = source,
            Instruction = item.Instruction,
            Seed = item.Candidates[3].Seed,
        };
        Assert.Equal(0, TestImages.MaxDifference(FakeEditPipeline.Edited(request), Decode("item-2", "03.png")));
    }

    [Fact]
    public void Run_Again_MakesOnlyWhatIsMissing()
    {
        _workshop.Paint();
        DateTime written = File.GetLastWriteTimeUtc(_workshop.Folder.FileOf("item-0", "00.png"));
        _workshop.WriteItems([
            .. Enumerable.Range(0, 3).Select(AlignmentWorkshop.Line),
            AlignmentWorkshop.Line(0).Replace("item-0", "more", StringComparison.Ordinal),
        ]);

        Assert.Equal(4, _workshop.Paint());

        Assert.Equal(16, _workshop.Pipeline.Prepared);
        Assert.Equal(written, File.GetLastWriteTimeUtc(_workshop.Folder.FileOf("item-0", "00.png")));
        Assert.True(_workshop.Folder.IsFinished("more"));
    }

    [Fact]
    public void Run_WithAnotherGridOrModel_IsRefused()
    {
        _workshop.Paint();

        var grid = Assert.Throws<AlignmentException>(() => _workshop.Paint(AlignmentWorkshop.Grid with { Steps = 7 }));
        var model = Assert.Throws<AlignmentException>(() =>
            _workshop.Paint(model: new CandidateModel("fake", new string('b', 64)))
        );

        Assert.Contains(
            "grid.steps: the candidates here were made with 2, now it is 7",
            grid.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("model.sha256", model.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Stopped_KeepsWhatIsFinished_AndGoesOn()
    {
        using var stop = new CancellationTokenSource();
        _workshop.Pipeline.OnStep = batch =>
        {
            if (batch[0].Request.Instruction is "do 1")
            {
                stop.Cancel();
            }
        };

        Assert.Throws<OperationCanceledException>(() => _workshop.Paint(cancellationToken: stop.Token));

        Assert.True(_workshop.Folder.IsFinished("item-0"));
        Assert.False(_workshop.Folder.IsFinished("item-1"));
        _workshop.Pipeline.OnStep = null;
        Assert.Equal(3, _workshop.Paint());
    }

    [Fact]
    public void Run_BrokenPicture_IsSkippedAndTold()
    {
        File.WriteAllText(_workshop.PathOf("1.png"), "no picture");

        Assert.Equal(2, _workshop.Paint());

        Assert.False(_workshop.Folder.IsFinished("item-1"));
        Assert.Contains("skipped item-1: ", _workshop.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_CandidateThatIsNotFinite_IsLeftOut()
    {
        _workshop.Pipeline.OnFinish = state =>
        {
            if (state.Request.TextGuidanceScale == 5)
            {
                throw new NonFiniteImageException("denoising");
            }
        };

        _workshop.Paint();

        Assert.Equal(["00.png", "01.png"], _workshop.Folder.ReadItem("item-0").Candidates.Select(c => c.File));
    }

    [Fact]
    public void Run_NoCandidateFinite_StopsAndSaysSo()
    {
        _workshop.Pipeline.OnFinish = _ => throw new NonFiniteImageException("denoising");

        var error = Assert.Throws<AlignmentException>(() => _workshop.Paint());

        Assert.Contains("item item-0: none of 4 candidates", error.Message, StringComparison.Ordinal);
        Assert.False(_workshop.Folder.IsFinished("item-0"));
    }

    [Fact]
    public void Run_LeftoversOfAKilledRun_AreReplaced()
    {
        string half = Path.Combine(_workshop.Folder.Path, "candidates", "item-0.new");
        Directory.CreateDirectory(half);
        File.WriteAllText(Path.Combine(half, "00.png"), "half");

        Assert.Equal(3, _workshop.Paint());

        Assert.Equal(16, Decode("item-0", "00.png").Width);
        Assert.False(Directory.Exists(half));
    }

    private RgbImage Decode(string item, string file) => PictureFile.Read(_workshop.Folder.FileOf(item, file));
}
