using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Scoring;
using InstructDiffusion.Training.Scoring.Giqa;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Scoring.Giqa;

public sealed class QualityFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("knn", null)]
    [InlineData("knn", 0.95)]
    [InlineData("gmm", null)]
    [InlineData("gmm", 0.95)]
    [InlineData("mbc", null)]
    [InlineData("progress", null)]
    public void Read_WrittenModel_ScoresTheSame(string kind, double? variance)
    {
        using var scope = NewDisposeScope();
        using IQualityModel model = Fit(kind, variance);
        string path = _folder.Of("models", "a.safetensors");
        QualityFile.Write(path, model, Cancel);

        (IQualityModel read, QualitySettings settings) = QualityFile.Read(path);
        using IQualityModel again = read;

        Assert.Equal(model.Kind, again.Kind);
        Assert.Equal(4, again.Features);
        Assert.Equal((7, "abc", 60), (settings.Seed, settings.Clip, settings.Pictures));
        double[] expected = model.Score(RulePoints.Queries().to(ScalarType.Float32));
        double[] actual = again.Score(RulePoints.Queries().to(ScalarType.Float32));
        Fixture.AssertClose(tensor(actual), tensor(expected), 1e-12 * expected.Max(Math.Abs), kind);
        string copy = _folder.Of("b.safetensors");
        QualityFile.Write(copy, Fit(kind, variance), Cancel);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(copy));
    }

    [Fact]
    public void Read_AnotherFile_SaysThatItIsNoModelOfQuality()
    {
        string path = Write("other.safetensors", metadata: null, ("means", [1, 2]));

        var error = Assert.Throws<ScoringException>(() => QualityFile.Read(path));

        Assert.Contains("no model of quality", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"version": 1, "kind": "knn", "knn": {}}""", "'gallery'")]
    [InlineData("""{"version": 9, "kind": "knn"}""", "version: expected 1, got 9")]
    [InlineData("""{"version": 1, "kind": "best"}""", "kind")]
    [InlineData("""{"version": 1, "kind": "knn", "more": 1}""", "more")]
    [InlineData("not json", "invalid")]
    public void Read_SettingsThatDoNotFit_SaysWhat(string settings, string part)
    {
        string path = Write("a.safetensors", settings, ("means", [1, 2]));

        var error = Assert.Throws<ScoringException>(() => QualityFile.Read(path));

        Assert.Contains(part, error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Read_NumbersThatAreNone_AreRefused()
    {
        string path = Write("a.safetensors", """{"kind": "knn", "knn": {}}""", ("gallery", [1, float.NaN]));

        var error = Assert.Throws<ScoringException>(() => QualityFile.Read(path));

        Assert.Contains("NaN", error.Message, StringComparison.Ordinal);
    }

    private static IQualityModel Fit(string kind, double? variance)
    {
        Tensor points = RulePoints.Apart();
        var settings = new QualitySettings
        {
            Kind = Enum.Parse<QualityKind>(kind, ignoreCase: true),
            Seed = 7,
            Clip = "abc",
            Knn = kind == "knn" ? new KnnSettings { Neighbours = 2 } : null,
            Gmm = kind == "gmm" ? new MixtureSettings { Components = 3 } : null,
            Progress = kind is "mbc" or "progress"
                ? new ProgressSettings
                {
                    Classifiers = 3,
                    Epochs = 2,
                    Hidden = 5,
                }
                : null,
        };
        double?[] iterations = [.. Enumerable.Range(0, 60).Select(i => i % 3 == 2 ? (double?)null : i)];
        return kind switch
        {
            "knn" => KnnQuality.Fit(points, settings, variance),
            "gmm" => GmmQuality.Fit(points, settings, variance, Cancel).Model,
            _ => ProgressQuality.Fit(points, iterations, settings, _ => { }, Cancel),
        };
    }

    private string Write(string name, string? metadata, (string Name, float[] Row) value)
    {
        using var scope = NewDisposeScope();
        using var tensors = new NamedTensors(name);
        tensors.Add(value.Name, tensor(value.Row).view(1, -1));
        Dictionary<string, string>? giqa = metadata is null
            ? null
            : new(StringComparer.Ordinal) { ["giqa"] = metadata };
        SafetensorsWriter.Write(_folder.Of(name), tensors, metadata: giqa, cancellationToken: Cancel);
        return _folder.Of(name);
    }
}
