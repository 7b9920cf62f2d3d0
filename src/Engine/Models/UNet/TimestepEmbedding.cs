using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.UNet;

/// <summary>Timesteps → sinusoids → two linear layers with SiLU between.</summary>
internal sealed class TimestepEmbedding : nn.Module<Tensor, Tensor>
{
    // 1/10000 is the lowest frequency (Vaswani et al. 2017, §3.5).
    private const double LongestPeriod = 10_000;

    [ComponentName(Name = "linear_1")]
    private readonly Linear _linear1;

    [ComponentName(Name = "linear_2")]
    private readonly Linear _linear2;

    public TimestepEmbedding(int inputs, int outputs, ModelPlacement placement)
        : base(nameof(TimestepEmbedding))
    {
        _linear1 = new Linear(inputs, outputs, placement);
        _linear2 = new Linear(outputs, outputs, placement);
        RegisterComponents();
    }

    /// <summary>[B, dim] sinusoids → [B, outputs].</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return _linear2.call(nn.functional.silu(_linear1.call(input))).MoveToOuterDisposeScope();
    }

    /// <summary>[B] timesteps, whole or fractional, → [B, dim] fp32: cos(t·f_i), sin(t·f_i) with f_i = 10000^(−i/(dim/2 − shift)).</summary>
    public static Tensor Sinusoids(Tensor timesteps, int dim, bool cosineFirst, double frequencyShift)
    {
        using var scope = NewDisposeScope();
        int half = dim / 2;
        Tensor exponents = TensorArithmetic.CountingUp(half, ScalarType.Float32, timesteps.device);
        Tensor frequencies = exponents.Times(-Math.Log(LongestPeriod)).Over(half - frequencyShift).exp(); // [dim/2]
        Tensor angles = timesteps.to(ScalarType.Float32).unsqueeze(1).mul(frequencies.unsqueeze(0)); // [B, dim/2]
        Tensor embedding = cosineFirst ? cat([angles.cos(), angles.sin()], -1) : cat([angles.sin(), angles.cos()], -1);
        if (dim % 2 == 1)
        {
            embedding = nn.functional.pad(embedding, [0, 1]);
        }
        return embedding.MoveToOuterDisposeScope(); // [B, dim]
    }
}
