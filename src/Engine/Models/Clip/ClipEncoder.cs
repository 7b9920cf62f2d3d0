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

    /// <summary>[B, L, D] after some layers, counted from 0 and ascending; the layers behind the last of them do not run.</summary>
    public IReadOnlyList<Tensor> StatesAfter(Tensor input, IReadOnlyList<int> layers)
    {
        using var scope = NewDisposeScope();
        var states = new List<Tensor>(layers.Count);
        Tensor hidden = input;
        for (int layer = 0; states.Count < layers.Count; layer++)
        {
            hidden = _layers[layer].call(hidden);
            if (layer == layers[states.Count])
            {
                states.Add(hidden.MoveToOuterDisposeScope());
            }
        }
        return states;
    }
}
