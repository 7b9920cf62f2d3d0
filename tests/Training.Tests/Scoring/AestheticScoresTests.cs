using System.Text.Json;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Scoring;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Scoring;

public sealed class AestheticScoresTests : IDisposable
{
    private const string Reference = "adjuncts/aesthetic_mlp.safetensors";

    private static readonly int[] _sides = [768, 1024, 128, 64, 16, 1];

    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a.safetensors")]
    [InlineData("a.pth")]
    [InlineData("legacy.pth")]
    public void Of_ReferenceWeightsInEveryForm_GivesTheReferencesScores(string name)
    {
        using var scope = NewDisposeScope();
        TensorFile data = Fixture.Default.Tensors(Reference);
        string path = Write(name, ReferenceWeights());

        using AestheticScores scores = AestheticScores.Open(path, Cancel);

        float[] actual = scores.Of(data.Tensor("embeds"));
        double atol = Fixture.Default.Tolerance(Reference, "score");
        Fixture.AssertClose(tensor(actual), data.Tensor("score").view(-1), atol, $"aesthetic/{name}");
    }

    [Fact]
    public void Of_RectifiedVariant_AgreesWithPlainArithmetic()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3, CPU);
        int[] places = [0, 3, 6, 9, 11];
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        for (int layer = 0; layer < places.Length; layer++)
        {
            long[] shape = [_sides[layer + 1], _sides[layer]];
            weights.Add($"layers.{places[layer]}.weight", randn(shape, generator: generator) * 0.1);
            weights.Add($"layers.{places[layer]}.bias", randn([shape[0]], generator: generator) * 0.1);
        }
        Tensor picture = nn.functional.normalize(randn([2, 768], generator: generator));

        using AestheticScores scores = AestheticScores.Open(Write("relu.pth", weights), Cancel);

        double[] expected = [Rectified(picture[0], places, weights), Rectified(picture[1], places, weights)];
        float[] actual = scores.Of(picture);
        Assert.Equal(expected[0], actual[0], 1e-5);
        Assert.Equal(expected[1], actual[1], 1e-5);
        Assert.NotEqual(actual[0], actual[1]);
    }

    [Fact]
    public void Of_FirstVersion_IsOneProduct()
    {
        using var scope = NewDisposeScope();
        Tensor weight = zeros(1, 768);
        weight[0, 5] = 3;
        Tensor picture = zeros(1, 768);
        picture[0, 5] = 1;
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["weight"] = weight,
            ["bias"] = tensor(new[] { 2f }),
        };

        using AestheticScores scores = AestheticScores.Open(Write("v1.pth", weights), Cancel);

        Assert.Equal([5f], scores.Of(picture));
    }

    [Fact]
    public void Of_VectorsOfASmallerClip_IsRefused()
    {
        using var scope = NewDisposeScope();
        using AestheticScores scores = AestheticScores.Open(Write("a.safetensors", ReferenceWeights()), Cancel);

        var error = Assert.Throws<ArgumentException>(() => scores.Of(zeros(1, 512)));

        Assert.Contains("expected [*, 768], got [1, 512]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_PickleThatNamesAFunction_IsRefusedAndNotRun()
    {
        string marker = _folder.Of("ran");
        using var torch = new TorchPickleWriter();
        byte[] pickle = [0x80, 2, .. "cposix\nsystem\n("u8, .. Text($"touch {marker}"), .. "tR."u8];
        string path = _folder.Of("evil.pth");
        File.WriteAllBytes(path, torch.ToZip(pickle));

        Assert.Throws<CheckpointFormatException>(() => AestheticScores.Open(path, Cancel));

        Assert.False(File.Exists(marker));
    }

    [Fact]
    public void Open_AnotherModelsWeights_SaysWhichTensorsAreMissing()
    {
        using var scope = NewDisposeScope();
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal) { ["conv.kernel"] = zeros(2, 2) };

        var error = Assert.Throws<StateDictMismatchException>(() =>
            AestheticScores.Open(Write("other.safetensors", weights), Cancel)
        );

        Assert.Contains("layers.0.weight", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Text(string text)
    {
        using var stream = new MemoryStream();
        TorchPickleWriter.Text(stream, text);
        return stream.ToArray();
    }

    private static double Rectified(Tensor picture, int[] places, Dictionary<string, Tensor> weights)
    {
        double[] values = Plain(picture);
        foreach (int place in places)
        {
            double[][] rows = [.. Plain(weights[$"layers.{place}.weight"]).Chunk(values.Length)];
            double[] bias = Plain(weights[$"layers.{place}.bias"]);
            double[] before = values;
            values = [.. rows.Select((row, i) => bias[i] + row.Zip(before, (a, b) => a * b).Sum())];
            if (place != places[^1])
            {
                values = [.. values.Select(value => Math.Max(value, 0))];
            }
        }
        return values[0];
    }

    private static double[] Plain(Tensor values) => values.to(ScalarType.Float64).contiguous().data<double>().ToArray();

    private string Write(string name, Dictionary<string, Tensor> weights)
    {
        string path = _folder.Of(name);
        if (Path.GetExtension(name) == ".safetensors")
        {
            using var source = new NamedTensors(name);
            foreach ((string key, Tensor value) in weights)
            {
                source.Add(key, value);
            }
            SafetensorsWriter.Write(path, source, cancellationToken: Cancel);
            return path;
        }
        using var torch = new TorchPickleWriter();
        foreach ((string key, Tensor value) in weights)
        {
            torch.Add(key, value);
        }
        bool isLegacy = name.StartsWith("legacy", StringComparison.Ordinal);
        File.WriteAllBytes(path, isLegacy ? torch.ToLegacyFile() : torch.ToFile());
        return path;
    }

    // The weights come as a rule in whole numbers, which the manifest states in words, with a scale for each tensor.
    private static Dictionary<string, Tensor> ReferenceWeights()
    {
        var weights = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (JsonElement parameter in Fixture.Default.Entry(Reference).GetProperty("parameters").EnumerateArray())
        {
            long[] shape = [.. parameter.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64())];
            long layer = parameter.GetProperty("l").GetInt64();
            float scale = parameter.GetProperty("scale").GetSingle();
            long columns = shape.Length > 1 ? shape[1] : 1;
            var values = new float[shape[0] * columns];
            for (long i = 0; i < values.Length; i++)
            {
                (long o, long c) = (i / columns, i % columns);
                long step = (o * 7919) + (c * 104729) + (o * c * 31) + (o * o * 17) + (c * c * 13) + (layer * 57);
                values[i] = ((step % 201) - 100) * scale;
            }
            weights.Add(parameter.GetProperty("name").GetString()!, tensor(values, shape));
        }
        return weights;
    }
}
