using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Autoencoder;

/// <summary>One level of encoder or decoder: ResBlocks, then a change of size.</summary>
internal sealed class AutoencoderLevel : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "resnets")]
    private readonly ModuleList<ResBlock> _resnets = [];

    [ComponentName(Name = "downsamplers")]
    private readonly ModuleList<DownsampleBlock>? _downsamplers;

    [ComponentName(Name = "upsamplers")]
    private readonly ModuleList<UpsampleBlock>? _upsamplers;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="layers">ResBlocks.</param>
    /// <param name="groups">Groups of the norms.</param>
    /// <param name="resampling">Halve or double at the end, or neither.</param>
    /// <param name="placement">Device and precision.</param>
    public AutoencoderLevel(
        int inputs,
        int outputs,
        int layers,
        int groups,
        Resampling resampling,
        ModelPlacement placement
    )
        : base(nameof(AutoencoderLevel))
    {
        for (int layer = 0; layer < layers; layer++)
        {
            int from = layer == 0 ? inputs : outputs;
            _resnets.Add(new ResBlock(from, outputs, groups, Encoder.NormEpsilon, null, placement));
        }
        _downsamplers =
            resampling == Resampling.Halve ? [new DownsampleBlock(outputs, asymmetricPadding: true, placement)] : null;
        _upsamplers = resampling == Resampling.Double ? [new UpsampleBlock(outputs, placement)] : null;
        RegisterComponents();
    }

    /// <summary>What a level does at its end.</summary>
    internal enum Resampling
    {
        None,
        Halve,
        Double,
    }

    /// <summary>[B, in, H, W] → [B, out, H/2, W/2], [B, out, 2H, 2W] or [B, out, H, W].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = input;
        foreach (ResBlock block in _resnets)
        {
            hidden = Replace(hidden, block.call(hidden, null), input);
        }
        if (_downsamplers is not null)
        {
            hidden = Replace(hidden, _downsamplers[0].call(hidden), input);
        }
        if (_upsamplers is not null)
        {
            hidden = Replace(hidden, _upsamplers[0].call(hidden, null), input);
        }
        return hidden.MoveToOuterDisposeScope();
    }

    // Maps of large pictures are hundreds of megabytes: free each as soon as the next exists, but never the caller's.
    private static Tensor Replace(Tensor old, Tensor next, Tensor input)
    {
        if (!ReferenceEquals(old, input))
        {
            old.Dispose();
        }
        return next;
    }
}
