using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>A square 2-D convolution with bias.</summary>
public sealed class Conv2d : nn.Module<Tensor, Tensor>, IInitializable
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight; // [out, in, k, k]

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias; // [out]

    private readonly long[] _stride;
    private readonly long[] _padding;
    private readonly long _fanIn;

    /// <summary>An uninitialised layer.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Side of the kernel.</param>
    /// <param name="placement">Device and precision.</param>
    /// <param name="stride">Step between outputs.</param>
    /// <param name="padding">Zero pixels added on each side.</param>
    /// <param name="bias">False for patch embeddings, which have none.</param>
    public Conv2d(
        int inputs,
        int outputs,
        int kernel,
        ModelPlacement placement,
        int stride = 1,
        int padding = 0,
        bool bias = true
    )
        : base(nameof(Conv2d))
    {
        ArgumentNullException.ThrowIfNull(placement);
        _weight = placement.Weight(outputs, inputs, kernel, kernel);
        _bias = bias ? placement.Weight(outputs) : null;
        _stride = [stride, stride];
        _padding = [padding, padding];
        _fanIn = (long)inputs * kernel * kernel;
        RegisterComponents();
    }

    /// <summary>[B, in, H, W] → [B, out, H', W'].</summary>
    public override Tensor forward(Tensor input) =>
        nn.functional.conv2d(input, _weight, _bias, strides: _stride, padding: _padding);

    /// <inheritdoc/>
    public void Initialize(Generator generator)
    {
        RandomWeights.FillUniform(_weight, _fanIn, generator);
        if (_bias is not null)
        {
            RandomWeights.FillUniform(_bias, _fanIn, generator);
        }
    }
}
