using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Evaluation.Protocols;
using InstructDiffusion.Training.Scoring;
using InstructDiffusion.Training.Tests.Scoring;

namespace InstructDiffusion.Training.Tests.Evaluation.Protocols;

public sealed class EditingProtocolTests : IDisposable
{
    private const string Line =
        """{"source": "1.png", "target": "2.png", "instruction": "make it blue", "target_caption": "a blue dog", "category": "replacement"}""";

    private readonly ProtocolWorkshop _workshop = new();
    private readonly TempFolder _models = new();

    public EditingProtocolTests()
    {
        _workshop.Data.Picture("1.png", TestImages.Photo(96, 72));
        _workshop.Data.Picture("2.png", TestImages.Photo(96, 72, 5));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _workshop.Dispose();
        _models.Dispose();
    }

    [Fact]
    public void Evaluate_ByCategory_GivesCosinesAndWhatThePaperStates()
    {
        TinyClip.Open(_models).Dispose();
        string removal = Line.Replace("replacement", "removal", StringComparison.Ordinal);
        string path = _workshop.Data.Write("benchmark.jsonl", $"{Line}\n\n{removal}\n");
        var benchmark = EditBenchmark.Open(path, new RejectionLog());
        using EditScores scores = EditScores.Open(_models.Of("clip"), null, null, "cpu", Cancel);
        var protocol = new EditingProtocol(benchmark, "replacement", scores, 64);

        ProtocolSection found = _workshop.Evaluate(protocol, new IdealEditor(protocol), ProtocolNames.Editing, "own");

        Assert.Equal(["removal", "replacement"], benchmark.Categories);
        Assert.Equal(["clip_sim", "clip_image", "mean_change"], found.Figures.Select(figure => figure.Measured.Name));
        RgbImage target = protocol.Read(0).Parts[0].Ideal!;
        using ClipScores clip = ClipScores.Open(_models.Of("clip"), "cpu", Cancel);
        using var scope = TorchSharp.torch.NewDisposeScope();
        float expected = ClipSimilarity.Cosine(clip.OfPictures([target], Cancel), clip.OfTexts(["a blue dog"], Cancel))[
            0
        ];
        Assert.Equal(100 * expected, found.Figures[0].Measured.Model!.Value, 1e-3);
        Assert.Equal(100, found.Figures[1].Measured.Identity!.Value, 1e-3);
        Assert.Equal(0, found.Figures[2].Measured.Identity!.Value);
        Assert.True(found.Figures[2].Measured.Model!.Value > 0.01);
        Assert.NotNull(found.Figures[0].Measured.Ceiling);
        Assert.Null(found.Figures[1].Measured.Gain);
    }

    [Fact]
    public void Open_UnfitLines_AreRejectedWithTheReason()
    {
        string[] lines =
        [
            Line,
            Line.Replace("1.png", "../1.png", StringComparison.Ordinal),
            Line.Replace("2.png", "3.png", StringComparison.Ordinal),
            Line.Replace("make it blue", " ", StringComparison.Ordinal),
            Line.Replace("a blue dog", "", StringComparison.Ordinal),
            Line.Replace("replacement", "a/b", StringComparison.Ordinal),
            "no JSON",
        ];
        var log = new RejectionLog();

        var benchmark = EditBenchmark.Open(_workshop.Data.Write("b.jsonl", string.Join('\n', lines)), log);

        Assert.Single(benchmark.Questions);
        Assert.Equal(6, log.RejectedCount);
        Assert.Equal(6, log.Rejected.Count);
    }

    [Fact]
    public void Open_NothingUsable_IsRefused()
    {
        string path = _workshop.Data.Write("b.jsonl", "{}");

        var error = Assert.Throws<DatasetException>(() => EditBenchmark.Open(path, new RejectionLog()));
        Assert.Contains("no line can be used", error.Message, StringComparison.Ordinal);
    }
}
