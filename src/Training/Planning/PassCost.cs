using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Counting;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Planning;

/// <summary>What one sample's forward pass through a model costs.</summary>
/// <param name="Flops">Floating-point operations.</param>
/// <param name="Activations">Bytes kept for the backward pass, with what that computes again.</param>
/// <remarks>
/// Counted by hooks on a model with uninitialised weights, which take no memory. To spare arithmetic, three small sizes are
/// counted: a pass costs a + b·n + c·n² for n positions (text and time; convolutions and linears; self-attention), which gives
/// any size.
/// </remarks>
internal sealed record PassCost(double Flops, double Activations)
{
    /// <summary>Sizes counted, in multiples of the smallest one.</summary>
    private static readonly int[] _multiples = [1, 2, 3];

    /// <summary>One row of latents of so many positions, with text of so many tokens.</summary>
    public static PassCost OfUNet(UNetConfig config, double positions, int tokens, int elementSize, bool checkpointed)
    {
        using var scope = NewDisposeScope();
        using var model = new UNet2DConditionModel(config, ModelPlacement.Cpu);
        model.CheckpointActivations = checkpointed;
        int side = 1 << config.Downsamplings;
        Tensor context = zeros(1, tokens, config.CrossAttentionDim);
        return Extrapolate(
            model,
            positions / (side * side),
            multiple => model.call(zeros(1, config.InChannels, side, side * multiple), zeros(1), context),
            elementSize
        );
    }

    /// <summary>One text.</summary>
    public static PassCost OfText(ClipTextConfig config)
    {
        using var scope = NewDisposeScope();
        using var model = new ClipTextModel(config, ModelPlacement.Cpu);
        return Count(model, () => model.call(zeros([1, config.MaxTokens], ScalarType.Int64)), sizeof(float));
    }

    /// <summary>Encoding one picture of so many pixels, and decoding it where asked.</summary>
    public static PassCost OfAutoencoder(AutoencoderConfig config, double pixels, bool decodes)
    {
        using var scope = NewDisposeScope();
        using var model = new AutoencoderKL(config, ModelPlacement.Cpu);
        int side = 2 * config.DownsamplingFactor;
        return Extrapolate(
            model,
            pixels / (side * side),
            multiple =>
            {
                using DiagonalGaussian posterior = model.Encode(zeros(1, config.ImageChannels, side, side * multiple));
                if (decodes)
                {
                    model.Decode(posterior.Mean);
                }
            },
            sizeof(float)
        );
    }

    private static PassCost Extrapolate(nn.Module model, double size, Action<int> pass, int elementSize)
    {
        PassCost[] counted = [.. _multiples.Select(multiple => Count(model, () => pass(multiple), elementSize))];
        return new PassCost(
            Parabola(size, [.. counted.Select(cost => cost.Flops)]),
            Parabola(size, [.. counted.Select(cost => cost.Activations)])
        );
    }

    private static PassCost Count(nn.Module model, Action pass, int elementSize)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var flops = new FlopCounter(model);
        using var activations = new ActivationCounter(model);
        pass();
        return new PassCost(flops.Total, activations.PeakBytes(elementSize));
    }

    /// <summary>The parabola through the values at 1, 2 and 3, at <paramref name="n"/>.</summary>
    private static double Parabola(double n, double[] values) =>
        (values[0] * (n - 2) * (n - 3) / 2) - (values[1] * (n - 1) * (n - 3)) + (values[2] * (n - 1) * (n - 2) / 2);
}
