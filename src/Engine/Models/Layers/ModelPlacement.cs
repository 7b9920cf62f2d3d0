using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>Where a model's weights live and in which precision it computes.</summary>
/// <param name="Device">CPU, a CUDA device, or META (names and shapes without memory).</param>
/// <param name="DType">fp32, fp16 or bf16. Normalisations keep their weights and their arithmetic in fp32 whatever it is.</param>
public sealed record ModelPlacement(Device Device, ScalarType DType)
{
    /// <summary>fp32 on the CPU: the reference.</summary>
    public static ModelPlacement Cpu { get; } = new(CPU, ScalarType.Float32);

    /// <summary>Names and shapes only; nothing is allocated.</summary>
    public static ModelPlacement Meta { get; } = new(META, ScalarType.Float32);

    /// <summary>An uninitialised weight. Its values mean nothing until a checkpoint or <see cref="IInitializable"/> fills them.</summary>
    internal TorchSharp.Modules.Parameter Weight(params ReadOnlySpan<long> shape) => new(empty(shape, DType, Device));

    /// <summary>An uninitialised fp32 weight, for normalisations.</summary>
    internal TorchSharp.Modules.Parameter Float32Weight(long size) => new(empty([size], ScalarType.Float32, Device));
}
