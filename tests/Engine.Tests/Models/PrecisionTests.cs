using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Models;

public sealed class PrecisionTests
{
    private static readonly UNetConfig Tiny = new()
    {
        InChannels = 8,
        OutChannels = 4,
        BlockOutChannels = [8, 16],
        LayersPerBlock = 1,
        LevelHasAttention = [true, false],
        HeadCounts = [2, 2],
        CrossAttentionDim = 8,
        NormGroups = 4,
    };

    [Theory]
    [InlineData(ScalarType.Float16, 0.02)]
    [InlineData(ScalarType.BFloat16, 0.1)]
    public void Forward_HalfPrecision_IsCloseToSingleAndComesBackAsSingle(ScalarType half, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var reference = new UNet2DConditionModel(Tiny, ModelPlacement.Cpu);
        RandomWeights.Fill(reference, 3);
        var narrow = new UNet2DConditionModel(Tiny, new ModelPlacement(CPU, half));
        foreach ((string name, Tensor weight) in narrow.state_dict())
        {
            weight.copy_(reference.state_dict()[name]);
        }
        using var generator = new Generator(1, CPU);
        Tensor sample = randn([2, 8, 8, 8], generator: generator);
        Tensor context = randn([2, 5, 8], generator: generator);
        Tensor timesteps = tensor(new float[] { 10, 900 });

        Tensor expected = reference.call(sample, timesteps, context);
        Tensor actual = narrow.call(sample, timesteps, context);

        Assert.Equal(ScalarType.Float32, actual.dtype);
        double error = actual.sub(expected).abs().max().item<float>();
        Assert.True(error > 0, "half precision cannot be exact");
        Assert.True(error < tolerance * expected.abs().max().item<float>(), $"worst error {error}");
    }

    [Fact]
    public void Weights_HalfPrecision_KeepNormsInSingle()
    {
        using var model = new UNet2DConditionModel(Tiny, new ModelPlacement(META, ScalarType.Float16));

        foreach ((string name, Tensor weight) in model.state_dict())
        {
            bool isNorm = name.Contains("norm", StringComparison.Ordinal);
            Assert.Equal(isNorm ? ScalarType.Float32 : ScalarType.Float16, weight.dtype);
        }
    }

    [Fact]
    public void Fill_FreshModel_LeavesNoUninitialisedValue()
    {
        using var model = new UNet2DConditionModel(Tiny, ModelPlacement.Cpu);
        using var noGradient = no_grad();
        foreach (Tensor weight in model.parameters())
        {
            weight.fill_(double.NaN);
        }

        RandomWeights.Fill(model, 1);

        Assert.All(model.named_parameters(), p => Assert.True(p.parameter.isfinite().all().item<bool>(), p.name));
    }
}
