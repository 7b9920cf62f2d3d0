using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights.Safetensors;

/// <summary>The type names of the safetensors format.</summary>
internal static class SafetensorsType
{
    private static readonly Dictionary<string, ScalarType> _byName = new(StringComparer.Ordinal)
    {
        ["F64"] = ScalarType.Float64,
        ["F32"] = ScalarType.Float32,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["I64"] = ScalarType.Int64,
        ["I32"] = ScalarType.Int32,
        ["I16"] = ScalarType.Int16,
        ["I8"] = ScalarType.Int8,
        ["U8"] = ScalarType.Byte,
        ["BOOL"] = ScalarType.Bool,
    };

    private static readonly Dictionary<ScalarType, string> _byType = _byName.ToDictionary(p => p.Value, p => p.Key);

    /// <summary>The element type of a name, or null for one that we do not read (F8_E4M3, U16, …).</summary>
    public static ScalarType? Find(string name) => _byName.TryGetValue(name, out var type) ? type : null;

    /// <summary>The name of an element type.</summary>
    public static string NameOf(ScalarType type) =>
        _byType.TryGetValue(type, out var name)
            ? name
            : throw new ArgumentOutOfRangeException(nameof(type), type, "safetensors has no name for this type");
}
