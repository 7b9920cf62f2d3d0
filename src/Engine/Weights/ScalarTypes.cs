using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights;

/// <summary>Facts about element types as they lie in files.</summary>
public static class ScalarTypes
{
    /// <summary>Bytes of one element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No checkpoint we read holds this type.</exception>
    public static int ByteSize(this ScalarType type) =>
        type switch
        {
            ScalarType.Byte or ScalarType.Int8 or ScalarType.Bool => 1,
            ScalarType.Int16 or ScalarType.Float16 or ScalarType.BFloat16 => 2,
            ScalarType.Int32 or ScalarType.Float32 => 4,
            ScalarType.Int64 or ScalarType.Float64 => 8,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a type of checkpoint tensors"),
        };

    /// <summary>Whether the elements are floating-point numbers.</summary>
    public static bool IsFloat(this ScalarType type) =>
        type is ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float32 or ScalarType.Float64;
}
