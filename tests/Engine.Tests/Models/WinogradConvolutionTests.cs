using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.Layers.Winograd;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Models;

public sealed class WinogradConvolutionTests
{
    // Even and odd sides, one tile and many, blocks that do not divide evenly; 1280 to 640 channels and fewer are F(4×4), more are F(2×2).
    [Theory]
    [InlineData(1, 16, 16, 4, 4)]
    [InlineData(3, 16, 24, 16, 16)]
    [InlineData(2, 48, 96, 7, 5)]
    [InlineData(2, 8, 16, 1, 3)]
    [InlineData(3, 320, 320, 32, 32)]
    [InlineData(1, 1280, 1280, 8, 8)]
    [InlineData(2, 1280, 1280, 5, 3)]
    public void Run_AgainstTheDirectFormInDoublePrecision_IsAsExactAsTheDirectFormInSingle(
        int batch,
        int inputs,
        int outputs,
        int height,
        int width
    )
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var generator = new Generator(3);
        Tensor weight = randn([outputs, inputs, 3, 3], generator: generator) / Math.Sqrt(9.0 * inputs);
        Tensor bias = randn([outputs], generator: generator);
        Tensor input = randn([batch, inputs, height, width], generator: generator);
        using var workspace = new WinogradWorkspace();
        using var winograd = new WinogradConvolution(weight, bias, workspace);

        Tensor actual = winograd.Run(input);

        Tensor exact = nn.functional.conv2d(input.@double(), weight.@double(), bias.@double(), padding: [1, 1]);
        Assert.Equal(exact.shape, actual.shape);
        Assert.True(
            (actual - exact).abs().max().item<double>() < 1e-4,
            $"{(actual - exact).abs().max().item<double>()}"
        );
        Tensor again = winograd.Run(input);
        Assert.True(again.equal(actual).all().item<bool>());
    }

    [Fact]
    public void Run_OfAnyStrides_IsTheSame()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor weight = randn(16, 8, 3, 3);
        Tensor input = randn(2, 8, 6, 6);
        using var workspace = new WinogradWorkspace();
        using var winograd = new WinogradConvolution(weight, null, workspace);

        Tensor planar = winograd.Run(input);
        Tensor channelsLast = winograd.Run(ChannelsLast.Of(input));

        Assert.True(planar.equal(channelsLast).all().item<bool>());
        Assert.Equal([16 * 36, 1, 16 * 6, 16], planar.stride());
    }

    [Fact]
    public void PrepareForInference_OfALayer_KeepsItsResultsAndItsBiasAndGivesUpItsWeights()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var workspace = new WinogradWorkspace();
        using var layer = new Conv2d(8, 16, 3, ModelPlacement.Cpu, padding: 1);
        layer.Initialize(new Generator(1));
        Tensor input = randn(1, 8, 5, 5);
        Tensor before = layer.call(input);

        layer.PrepareForInference(workspace);

        Fixture.AssertClose(layer.call(input), before, 1e-5, "winograd/conv2d");
        using (enable_grad())
        {
            Assert.Throws<InvalidOperationException>(() => layer.call(input));
        }
    }

    // 3 channels, a stride, another kernel: these stay what they are.
    [Theory]
    [InlineData(3, 3, 1, 1)]
    [InlineData(8, 3, 2, 1)]
    [InlineData(8, 1, 1, 0)]
    public void PrepareForInference_OfALayerThatDoesNotSuit_ChangesNoBit(
        int inputs,
        int kernel,
        int stride,
        int padding
    )
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var workspace = new WinogradWorkspace();
        using var layer = new Conv2d(inputs, 16, kernel, ModelPlacement.Cpu, stride, padding);
        layer.Initialize(new Generator(1));
        Tensor input = randn(1, inputs, 6, 6);
        Tensor before = layer.call(input);

        layer.PrepareForInference(workspace);

        Assert.True(layer.call(input).equal(before).all().item<bool>());
    }

    [Fact]
    public void Run_LeavesOneTensor()
    {
        using var noGradient = no_grad();
        using var workspace = new WinogradWorkspace();
        using Tensor weight = randn(8, 8, 3, 3);
        using var winograd = new WinogradConvolution(weight, null, workspace);
        using Tensor input = randn(1, 8, 9, 9);
        using (winograd.Run(input)) { }

        LeakAssert.Leaves(1, () => winograd.Run(input));
    }
}
