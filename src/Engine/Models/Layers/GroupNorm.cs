using InstructDiffusion.Engine.Tensors;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>
/// Group normalisation, always in fp32. TorchSharp's own leaves its weights uninitialised and follows the input's precision;
/// in fp16 the sum of squares of a large group overflows.
/// </summary>
public sealed class GroupNorm : nn.Module<Tensor, Tensor>, IInitializable
{
    [ComponentName(Name = "weight")]
    private readonly Parameter _weight; // [C]

    [ComponentName(Name = "bias")]
    private readonly Parameter _bias; // [C]

    private readonly int _groups;
    private readonly double _epsilon;

    /// <summary>An uninitialised layer.</summary>
    /// <exception cref="ArgumentException">The channels do not divide into the groups.</exception>
    public GroupNorm(int groups, int channels, double epsilon, ModelPlacement placement)
        : base(nameof(GroupNorm))
    {
        ArgumentNullException.ThrowIfNull(placement);
        if (groups < 1 || channels % groups != 0)
        {
            throw new ArgumentException($"{channels} channels do not divide into {groups} groups", nameof(groups));
        }
        _groups = groups;
        _epsilon = epsilon;
        _weight = placement.Float32Weight(channels);
        _bias = placement.Float32Weight(channels);
        RegisterComponents();
    }

    /// <summary>[B, C, …] → the same shape and precision.</summary>
    public override Tensor forward(Tensor input)
    {
        if (input.dtype == ScalarType.Float32)
        {
            return nn.functional.group_norm(input, _groups, _weight, _bias, _epsilon);
        }
        using var single = input.to(ScalarType.Float32);
        using var normalized = nn.functional.group_norm(single, _groups, _weight, _bias, _epsilon);
        return normalized.to(input.dtype);
    }

    /// <inheritdoc/>
    public void Initialize(Generator generator)
    {
        _weight.FillInPlace(1);
        _bias.FillInPlace(0);
    }
}
