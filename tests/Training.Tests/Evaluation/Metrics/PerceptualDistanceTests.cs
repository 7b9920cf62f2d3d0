using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Evaluation.Metrics;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Evaluation.Metrics;

public sealed class PerceptualDistanceTests : IDisposable
{
    // AlexNet's five convolutions with few channels: outputs, inputs, side.
    private static readonly (int Index, int Outputs, int Inputs, int Side)[] Layers =
    [
        (0, 2, 3, 11),
        (3, 3, 2, 5),
        (6, 2, 3, 3),
        (8, 3, 2, 3),
        (10, 2, 3, 3),
    ];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>The value of <c>reference.py</c>, which walks over every tap of every convolution.</summary>
    [Fact]
    public void Of_SmallAlexNet_IsWhatTheDefinitionGives()
    {
        (string features, string weights) = Write();
        using var distance = PerceptualDistance.Open(features, weights);
        RgbImage picture = ReferenceNumbers.Picture(64, 64);

        Assert.Equal(0.106503858057092, distance.Of(picture, ReferenceNumbers.OtherPicture(64, 64)), 1e-6);
        Assert.Equal(0, distance.Of(picture, picture), 1e-12);
    }

    [Fact]
    public void Open_WeightsOfAnotherNetwork_AreRefused()
    {
        (string features, _) = Write();

        var error = Assert.Throws<EvaluationException>(() => PerceptualDistance.Open(features, features));
        Assert.Contains("no lin0.model.1.weight", error.Message, StringComparison.Ordinal);
    }

    private (string Features, string Weights) Write()
    {
        using var scope = NewDisposeScope();
        var draw = new ReferenceNumbers(11);
        using var features = new NamedTensors("features");
        using var weights = new NamedTensors("weights");
        float[] Draw(int count, Func<float> next) => [.. Enumerable.Range(0, count).Select(_ => next())];
        foreach ((int number, (int index, int outputs, int inputs, int side)) in Layers.Index())
        {
            float[] taps = Draw(outputs * inputs * side * side, () => (draw.Next(201) - 100) / 400f);
            features.Add($"features.{index}.weight", tensor(taps, [outputs, inputs, side, side]));
            features.Add($"features.{index}.bias", tensor(Draw(outputs, () => draw.Next(101) / 100f)));
            float[] heads = Draw(outputs, () => draw.Next(101) / 100f);
            weights.Add($"lin{number}.model.1.weight", tensor(heads, [1, outputs, 1, 1]));
        }
        SafetensorsWriter.Write(_folder.Of("alexnet.safetensors"), features);
        SafetensorsWriter.Write(_folder.Of("alex.safetensors"), weights);
        return (_folder.Of("alexnet.safetensors"), _folder.Of("alex.safetensors"));
    }
}
