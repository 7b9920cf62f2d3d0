using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Optimization;

/// <summary>A UNet that trains in milliseconds, and batches for it.</summary>
internal static class TinyUNet
{
    public const int Context = 6;

    public static UNetConfig Config { get; } =
        UNetConfig.Parse(
            """
            {
              "in_channels": 8, "out_channels": 4, "block_out_channels": [8, 16], "layers_per_block": 1,
              "norm_num_groups": 4, "attention_head_dim": 2, "cross_attention_dim": 6,
              "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
              "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"]
            }
            """
        );

    public static UNet2DConditionModel Build(long seed, ScalarType precision = ScalarType.Float32)
    {
        var unet = new UNet2DConditionModel(Config, new ModelPlacement(CPU, precision));
        RandomWeights.Fill(unet, seed);
        return unet;
    }

    /// <summary>Sum (not mean) of the squared errors of rows from…to of a fixed batch, so that parts of a batch add up.</summary>
    public static Tensor Loss(UNet2DConditionModel unet, int from, int to)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        Tensor Rows(params long[] shape) => randn(shape, generator: generator).slice(0, from, to, 1);
        Tensor sample = Rows(4, 8, 8, 8);
        Tensor context = Rows(4, 5, Context);
        Tensor noise = Rows(4, 4, 8, 8);
        Tensor timesteps = tensor(new long[] { 3, 200, 550, 990 }).slice(0, from, to, 1);
        return (unet.call(sample, timesteps, context) - noise).square().sum().MoveToOuterDisposeScope();
    }

    public static float[] Floats(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float32).contiguous().data<float>().ToArray();
    }
}
