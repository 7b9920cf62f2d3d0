using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Clip;

/// <summary>The stack of layers of one tower.</summary>
internal sealed class ClipEncoder : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "layers")]
    private readonly ModuleList<ClipEncoderLayer> _layers;

    public ClipEncoder(ClipEncoderConfig config, bool causal, ModelPlacement placement)
        : base(nameof(ClipEncoder))
    {
        _layers = new ModuleList<ClipEncoderLayer>([
            .. Enumerable.Range(0, config.Layers).Select(_ => new ClipEncoderLayer(config, causal, placement)),
        ]);
        RegisterComponents();
    }

    /// <summary>[B, L, D] → [B, L, D], without a final norm.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = input;
        foreach (ClipEncoderLayer layer in _layers)
        {
            hidden = layer.call(hidden);
        }
        return hidden.MoveToOuterDisposeScope();
    }
}
