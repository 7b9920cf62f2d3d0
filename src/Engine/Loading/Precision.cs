using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Loading;

/// <summary>
/// What the UNet stores and computes in. Text encoder and autoencoder stay in fp32 whatever it is: they run once per edit, and
/// fp16 overflows in some autoencoders. Normalisations and softmax are fp32 everywhere, TorchSharp having no autocast.
/// </summary>
public enum Precision
{
    /// <summary>32-bit: the reference, and what a CPU computes fastest.</summary>
    Fp32,

    /// <summary>16-bit IEEE, for GPUs.</summary>
    Fp16,

    /// <summary>bfloat16, for GPUs since Ampere.</summary>
    Bf16,
}

/// <summary>What <see cref="Precision"/> means to libtorch.</summary>
internal static class Precisions
{
    public static ScalarType DType(this Precision precision) =>
        precision switch
        {
            Precision.Fp16 => ScalarType.Float16,
            Precision.Bf16 => ScalarType.BFloat16,
            _ => ScalarType.Float32,
        };
}
