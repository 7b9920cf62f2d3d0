using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>A transposed convolution whose kernel is as large as its stride: every pixel becomes a square, none overlap.</summary>
public sealed class TransposedConv2d : nn.Module<Tensor, Tensor>, IInitializable
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight; // [in, out, k, k]

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias; // [out]

    private readonly long[] _stride;
    private readonly long _fanIn;

    /// <summary>An uninitialised layer.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Side of the square that a pixel becomes.</param>
    /// <param name="placement">Device and precision.</param>
    public TransposedConv2d(int inputs, int outputs, int kernel, ModelPlacement placement)
        : base(nameof(TransposedConv2d))
    {
        ArgumentNullException.ThrowIfNull(placement);
        _weight = placement.Weight(inputs, outputs, kernel, kernel);
        _bias = placement.Weight(outputs);
        _stride = [kernel, kernel];
        _fanIn = (long)outputs * kernel * kernel; // as PyTorch counts it, from the weight's second side
        RegisterComponents();
    }

    /// <summary>[B, in, H, W] → [B, out, k·H, k·W].</summary>
    public override Tensor forward(Tensor input) =>
        nn.functional.conv_transpose2d(input, _weight, _bias, strides: _stride);

    /// <inheritdoc/>
    public void Initialize(Generator generator)
    {
        RandomWeights.FillUniform(_weight, _fanIn, generator);
        RandomWeights.FillUniform(_bias, _fanIn, generator);
    }
}
