using System.Text.Json;
using InstructDiffusion.Engine.Models.Aesthetic;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

public sealed class AestheticParityTests
{
    private const string File = "adjuncts/aesthetic_mlp.safetensors";

    [Fact]
    public void Forward_ReferenceVectors_MatchesTheReference()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var predictor = new AestheticPredictor(ModelPlacement.Cpu);
        using NamedTensors weights = Weights();
        StateDictLoader.Load(predictor, weights, cancellationToken: TestContext.Current.CancellationToken);
        TensorFile data = Fixture.Default.Tensors(File);

        Tensor score = predictor.call(data.Tensor("embeds"));

        double atol = Fixture.Default.Tolerance(File, "score");
        Fixture.AssertClose(score, data.Tensor("score"), atol, "aesthetic_mlp/score");
    }

    // The weights come as a rule in whole numbers, which the manifest states in words, with a scale for each tensor.
    private static NamedTensors Weights()
    {
        var weights = new NamedTensors(File);
        foreach (JsonElement parameter in Fixture.Default.Entry(File).GetProperty("parameters").EnumerateArray())
        {
            long[] shape = [.. parameter.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64())];
            long layer = parameter.GetProperty("l").GetInt64();
            float scale = parameter.GetProperty("scale").GetSingle();
            long columns = shape.Length > 1 ? shape[1] : 1;
            long[] steps =
            [
                .. Enumerable.Range(0, (int)(shape[0] * columns)).Select(n => Step(n / columns, n % columns, layer)),
            ];

            JsonElement[] first = [.. parameter.GetProperty("first_values").EnumerateArray()];
            Assert.Equal(first.Select(value => value.GetInt64()), steps.Take(first.Length));
            float[] values = [.. steps.Select(step => step * scale)];
            weights.Add(parameter.GetProperty("name").GetString()!, tensor(values, shape));
        }
        return weights;
    }

    private static long Step(long row, long column, long layer) =>
        ((row * 7919 + column * 104729 + row * column * 31 + row * row * 17 + column * column * 13 + layer * 57) % 201)
        - 100;
}
