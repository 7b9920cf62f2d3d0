using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.UNet;

/// <summary>Attention of image tokens to a context: the text, or the image tokens themselves.</summary>
internal sealed class CrossAttention : nn.Module<Tensor, Tensor, Tensor>
{
    [ComponentName(Name = "to_q")]
    private readonly Linear _toQ;

    [ComponentName(Name = "to_k")]
    private readonly Linear _toK;

    [ComponentName(Name = "to_v")]
    private readonly Linear _toV;

    [ComponentName(Name = "to_out")]
    private readonly ModuleList<Linear> _toOut; // one entry: checkpoints call it to_out.0

    private readonly int _heads;

    public CrossAttention(int channels, int contextFeatures, int heads, ModelPlacement placement)
        : base(nameof(CrossAttention))
    {
        _heads = heads;
        _toQ = new Linear(channels, channels, placement, bias: false);
        _toK = new Linear(contextFeatures, channels, placement, bias: false);
        _toV = new Linear(contextFeatures, channels, placement, bias: false);
        _toOut = new ModuleList<Linear>(new Linear(channels, channels, placement));
        RegisterComponents();
    }

    /// <summary>[B, N, C] and context [B, M, D] → [B, N, C].</summary>
    public override Tensor forward(Tensor input, Tensor context)
    {
        using var scope = NewDisposeScope();
        Tensor attended = Attention.Run(_toQ.call(input), _toK.call(context), _toV.call(context), _heads);
        return _toOut[0].call(attended).MoveToOuterDisposeScope();
    }
}
