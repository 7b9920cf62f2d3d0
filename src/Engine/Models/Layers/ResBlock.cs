using InstructDiffusion.Engine.Tensors;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>Two norm–SiLU–convolution pairs with a shortcut; the UNet's adds the time embedding between them, the VAE's has none.</summary>
internal sealed class ResBlock : nn.Module<Tensor, Tensor?, Tensor>, ICheckpointedBlock
{
    [ComponentName(Name = "norm1")]
    private readonly GroupNorm _norm1;

    [ComponentName(Name = "conv1")]
    private readonly Conv2d _conv1;

    [ComponentName(Name = "time_emb_proj")]
    private readonly Linear? _timeProjection;

    [ComponentName(Name = "norm2")]
    private readonly GroupNorm _norm2;

    [ComponentName(Name = "conv2")]
    private readonly Conv2d _conv2;

    [ComponentName(Name = "conv_shortcut")]
    private readonly Conv2d? _shortcut;

    /// <param name="inputs">Channels in.</param>
    /// <param name="outputs">Channels out.</param>
    /// <param name="groups">Groups of both norms.</param>
    /// <param name="epsilon">Epsilon of both norms.</param>
    /// <param name="timeFeatures">Features of the time embedding; null without one.</param>
    /// <param name="placement">Device and precision.</param>
    public ResBlock(int inputs, int outputs, int groups, double epsilon, int? timeFeatures, ModelPlacement placement)
        : base(nameof(ResBlock))
    {
        _norm1 = new GroupNorm(groups, inputs, epsilon, placement);
        _conv1 = new Conv2d(inputs, outputs, 3, placement, padding: 1);
        _timeProjection = timeFeatures is { } features ? new Linear(features, outputs, placement) : null;
        _norm2 = new GroupNorm(groups, outputs, epsilon, placement);
        _conv2 = new Conv2d(outputs, outputs, 3, placement, padding: 1);
        _shortcut = inputs == outputs ? null : new Conv2d(inputs, outputs, 1, placement);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public bool Checkpointed { get; set; }

    /// <summary>[B, in, H, W] and SiLU(time embedding) [B, T] → [B, out, H, W].</summary>
    public override Tensor forward(Tensor input, Tensor? activatedTime) =>
        Checkpointed && activatedTime is not null
            ? ActivationCheckpoint.Run(inputs => Compute(inputs[0], inputs[1]), input, activatedTime)
            : Compute(input, activatedTime);

    private Tensor Compute(Tensor input, Tensor? activatedTime)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _conv1.call(nn.functional.silu(_norm1.call(input), inplace: !is_grad_enabled()));
        if (_timeProjection is not null)
        {
            Tensor shift = _timeProjection.call(activatedTime!).unsqueeze(-1).unsqueeze(-1); // [B, out, 1, 1]
            hidden = is_grad_enabled() ? hidden.Plus(shift) : hidden.PlusInPlace(shift);
        }
        hidden = _conv2.call(nn.functional.silu(_norm2.call(hidden), inplace: !is_grad_enabled()));
        Tensor residual = _shortcut is null ? input : _shortcut.call(input);
        return (is_grad_enabled() ? hidden.Plus(residual) : hidden.PlusInPlace(residual)).MoveToOuterDisposeScope();
    }
}
