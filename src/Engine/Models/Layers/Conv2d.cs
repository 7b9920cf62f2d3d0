using InstructDiffusion.Engine.Models.Layers.Winograd;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>A square 2-D convolution with bias.</summary>
public sealed class Conv2d : nn.Module<Tensor, Tensor>, IInitializable
{
    [ComponentName(Name = "weight")]
    private Parameter? _weight; // [out, in, k, k]; null once transformed

    [ComponentName(Name = "bias")]
    private readonly Parameter? _bias; // [out]

    private readonly long[] _stride;
    private readonly long[] _padding;
    private readonly long _fanIn;
    private WinogradConvolution? _winograd;

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

    /// <summary>Multiplications of the direct form for each output value: in·k·k.</summary>
    internal long ProductsPerOutput => _fanIn;

    /// <summary>[B, in, H, W] → [B, out, H', W'].</summary>
    public override Tensor forward(Tensor input)
    {
        if (_winograd is null)
        {
            return nn.functional.conv2d(input, _weight!, _bias, strides: _stride, padding: _padding);
        }
        return is_grad_enabled()
            ? throw new InvalidOperationException("This layer was prepared for inference; it records no gradient.")
            : _winograd.Run(input);
    }

    /// <summary>
    /// From now on computes by <see cref="WinogradConvolution"/>, if this is a layer that can: 3×3, stride 1, fp32 on the CPU. The
    /// weights as they were are given up, since both together would take almost twice the memory.
    /// </summary>
    internal void PrepareForInference(WinogradWorkspace workspace)
    {
        if (
            _weight is { } weight
            && weight.size(2) == 3
            && _stride[0] == 1
            && _padding[0] == 1
            && WinogradConvolution.Supports((int)weight.size(1), (int)weight.size(0))
        )
        {
            _winograd = new WinogradConvolution(weight, _bias, workspace);
            _weight = null;
            // The native module keeps the tensor whatever becomes of this handle, so its memory is what has to go.
            using (no_grad())
            using (Tensor nothing = empty(0))
            {
                weight.set_(nothing);
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _winograd?.Dispose();
        }
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    public void Initialize(Generator generator)
    {
        RandomWeights.FillUniform(_weight!, _fanIn, generator);
        if (_bias is not null)
        {
            RandomWeights.FillUniform(_bias, _fanIn, generator);
        }
    }
}
