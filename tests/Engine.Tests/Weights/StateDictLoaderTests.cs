using InstructDiffusion.Engine.Weights;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Weights;

public sealed class StateDictLoaderTests
{
    [Fact]
    public void Load_AllNamesFit_CopiesAndConverts()
    {
        using var scope = NewDisposeScope();
        using var module = new OneConvolution(inputChannels: 2);
        using var source = new NamedTensors("test")
        {
            { "conv_in.weight", arange(2 * 2 * 9, dtype: ScalarType.Float16).view(2, 2, 3, 3) },
            { "conv_in.bias", tensor(new[] { 1.5, -2.5 }) },
        };

        Load(module, source);

        Assert.Equal(35f, module.conv_in.weight[1, 1, 2, 2].item<float>());
        Assert.Equal(-2.5f, module.conv_in.bias![1].item<float>());
        Assert.True(module.conv_in.weight.requires_grad);
    }

    [Fact]
    public void Load_NothingFits_NamesEverythingInOneException()
    {
        using var scope = NewDisposeScope();
        using var module = new OneConvolution(inputChannels: 2);
        using var before = module.conv_in.weight.detach().clone();
        using var source = new NamedTensors("test") { { "conv_in.weight", zeros(2, 1, 3, 3) }, { "stray", zeros(1) } };

        var error = Assert.Throws<StateDictMismatchException>(() => Load(module, source));

        Assert.Equal(["conv_in.bias"], error.Missing);
        Assert.Equal(["stray"], error.Unexpected);
        var misshapen = Assert.Single(error.Misshapen);
        Assert.Equal("conv_in.weight (expected Float32 [2, 2, 3, 3], got Float32 [2, 1, 3, 3])", misshapen.ToString());
        Assert.Contains("1 missing: conv_in.bias", error.Message, StringComparison.Ordinal);
        Assert.True(before.eq(module.conv_in.weight).all().item<bool>());
    }

    [Fact]
    public void Load_FewerInputChannels_ExtendsWithZerosWhereAllowed()
    {
        using var scope = NewDisposeScope();
        using var module = new OneConvolution(inputChannels: 8);
        using var source = new NamedTensors("test")
        {
            { "conv_in.weight", ones(2, 4, 3, 3) },
            { "conv_in.bias", zeros(2) },
        };
        var options = new StateDictLoadOptions { ExtendInputChannelsOf = "conv_in.weight" };

        Load(module, source, options);

        Assert.Equal(1f, module.conv_in.weight.narrow(1, 0, 4).min().item<float>());
        Assert.Equal(0f, module.conv_in.weight.narrow(1, 4, 4).abs().max().item<float>());
        Assert.Throws<StateDictMismatchException>(() => Load(module, source));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Load_NonFiniteWeight_NamesTheTensor(float value)
    {
        using var scope = NewDisposeScope();
        using var module = new OneConvolution(inputChannels: 2);
        using var source = new NamedTensors("test")
        {
            { "conv_in.weight", zeros(2, 2, 3, 3) },
            { "conv_in.bias", tensor(new[] { 0f, value }) },
        };

        var error = Assert.Throws<CheckpointFormatException>(() => Load(module, source));

        Assert.Contains(
            "1 tensors hold NaN or infinity as Float32: conv_in.bias",
            error.Message,
            StringComparison.Ordinal
        );
        Load(module, source, new StateDictLoadOptions { RequireFinite = false });
    }

    [Fact]
    public void Load_LargeFiniteWeights_AreNotMistakenForInfinity()
    {
        using var scope = NewDisposeScope();
        using var module = new OneConvolution(inputChannels: 2);
        using var source = new NamedTensors("test")
        {
            { "conv_in.weight", full(2, 2, 3, 3, 3e38f) },
            { "conv_in.bias", zeros(2) },
        };

        Load(module, source);

        Assert.Equal(3e38f, module.conv_in.weight[0, 0, 0, 0].item<float>());
    }

    [Fact]
    public void Load_IntegersForFloats_IsAMismatch()
    {
        using var scope = NewDisposeScope();
        using var module = new OneConvolution(inputChannels: 2);
        using var source = new NamedTensors("test")
        {
            { "conv_in.weight", zeros([2, 2, 3, 3], ScalarType.Int8) },
            { "conv_in.bias", zeros(2) },
        };

        var error = Assert.Throws<StateDictMismatchException>(() => Load(module, source));

        Assert.Single(error.Misshapen);
    }

    [Fact]
    public void Load_Cancelled_Throws()
    {
        using var scope = NewDisposeScope();
        using var module = new OneConvolution(inputChannels: 2);
        using var source = new NamedTensors("test")
        {
            { "conv_in.weight", zeros(2, 2, 3, 3) },
            { "conv_in.bias", zeros(2) },
        };

        Assert.Throws<OperationCanceledException>(() =>
            StateDictLoader.Load(module, source, null, new CancellationToken(canceled: true))
        );
    }

    private static void Load(nn.Module module, ITensorSource source, StateDictLoadOptions? options = null) =>
        StateDictLoader.Load(module, source, options, TestContext.Current.CancellationToken);

    private sealed class OneConvolution : nn.Module
    {
        public readonly Conv2d conv_in;

        public OneConvolution(long inputChannels)
            : base(nameof(OneConvolution))
        {
            conv_in = nn.Conv2d(inputChannels, 2, 3, padding: 1);
            RegisterComponents();
        }

        protected override void Dispose(bool disposing)
        {
            conv_in.Dispose();
            base.Dispose(disposing);
        }
    }
}
