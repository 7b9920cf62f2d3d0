using InstructDiffusion.Engine.Models.Layers;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.UNet;

/// <summary>Gated feed-forward of a transformer block (Shazeer 2020): Linear(value · GELU(gate)), GELU exact.</summary>
internal sealed class GegluFeedForward : nn.Module<Tensor, Tensor>
{
    private const int Expansion = 4;

    [ComponentName(Name = "net")]
    private readonly ModuleList<nn.Module> _net; // checkpoints call the layers net.0.proj and net.2; net.1 is a dropout of 0

    public GegluFeedForward(int channels, ModelPlacement placement)
        : base(nameof(GegluFeedForward))
    {
        _net = new ModuleList<nn.Module>(
            new GatedProjection(channels, channels * Expansion, placement),
            nn.Identity(),
            new Linear(channels * Expansion, channels, placement)
        );
        RegisterComponents();
    }

    /// <summary>[B, N, C] → [B, N, C].</summary>
    public override Tensor forward(Tensor input)
    {
        using Tensor gated = ((GatedProjection)_net[0]).call(input);
        return ((Linear)_net[2]).call(gated);
    }

    private sealed class GatedProjection : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "proj")]
        private readonly Linear _projection;

        public GatedProjection(int inputs, int outputs, ModelPlacement placement)
            : base(nameof(GatedProjection))
        {
            _projection = new Linear(inputs, 2 * outputs, placement);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor[] halves = _projection.call(input).chunk(2, -1); // value, gate: [B, N, 4C]
            Tensor gate = nn.functional.gelu(halves[1]);
            return (is_grad_enabled() ? halves[0].mul(gate) : gate.mul_(halves[0])).MoveToOuterDisposeScope();
        }
    }
}
