using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using static TorchSharp.torch;

namespace InstructDiffusion.TestSupport;

/// <summary>
/// A safetensors file of reference data, read whole. Written apart from the engine's own reader, so that a fault in that one
/// cannot hide itself.
/// </summary>
public sealed class TensorFile
{
    private readonly byte[] _data;
    private readonly SortedDictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    private sealed record Entry(string DType, long[] Shape, int Start, int Length);

    /// <summary>Reads the file at <paramref name="path"/>.</summary>
    public TensorFile(string path)
    {
        Path = path;
        byte[] file = File.ReadAllBytes(path);
        int headerLength = checked((int)BinaryPrimitives.ReadInt64LittleEndian(file));
        _data = file[(8 + headerLength)..];
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, headerLength));
        foreach (JsonProperty property in header.RootElement.EnumerateObject())
        {
            if (!property.NameEquals("__metadata__"))
            {
                _entries.Add(property.Name, ReadEntry(property.Value));
            }
        }
    }

    /// <summary>Where the file lies.</summary>
    public string Path { get; }

    /// <summary>The tensors' names, sorted.</summary>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>Whether a tensor of this name is there.</summary>
    public bool Has(string name) => _entries.ContainsKey(name);

    /// <summary>The shape of a tensor; empty for a scalar.</summary>
    public long[] Shape(string name) => [.. Find(name).Shape];

    /// <summary>A tensor in its stored dtype on the CPU, owned by the caller.</summary>
    public Tensor Tensor(string name)
    {
        Entry entry = Find(name);
        Tensor tensor = empty(entry.Shape, ScalarTypeOf(entry.DType));
        if (entry.Length > 0)
        {
            _data.AsSpan(entry.Start, entry.Length).CopyTo(tensor.bytes);
        }
        return tensor;
    }

    /// <summary>The elements of an F32 tensor in row-major order.</summary>
    public float[] Floats(string name) => Elements<float>(name, "F32");

    /// <summary>The elements of an I64 tensor in row-major order.</summary>
    public long[] Longs(string name) => Elements<long>(name, "I64");

    /// <summary>The elements of an F32, F64, I32 or I64 tensor as doubles, in row-major order.</summary>
    public double[] Doubles(string name) =>
        Find(name).DType switch
        {
            "F32" => Array.ConvertAll(Floats(name), value => (double)value),
            "F64" => Elements<double>(name, "F64"),
            "I32" => Array.ConvertAll(Elements<int>(name, "I32"), value => (double)value),
            "I64" => Array.ConvertAll(Longs(name), value => (double)value),
            string other => throw new InvalidDataException($"{Path}: {name} is {other}, not a number array"),
        };

    private T[] Elements<T>(string name, string dtype)
        where T : unmanaged
    {
        Entry entry = Find(name);
        if (!string.Equals(entry.DType, dtype, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{Path}: {name} is {entry.DType}, asked for as {dtype}");
        }
        return MemoryMarshal.Cast<byte, T>(_data.AsSpan(entry.Start, entry.Length)).ToArray();
    }

    private Entry Find(string name) =>
        _entries.TryGetValue(name, out Entry? entry)
            ? entry
            : throw new KeyNotFoundException($"{Path} has no tensor {name}; it has {string.Join(", ", _entries.Keys)}");

    private static Entry ReadEntry(JsonElement json)
    {
        JsonElement offsets = json.GetProperty("data_offsets");
        int start = offsets[0].GetInt32();
        return new Entry(
            json.GetProperty("dtype").GetString()!,
            [.. json.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())],
            start,
            offsets[1].GetInt32() - start
        );
    }

    private static ScalarType ScalarTypeOf(string dtype) =>
        dtype switch
        {
            "F64" => ScalarType.Float64,
            "F32" => ScalarType.Float32,
            "F16" => ScalarType.Float16,
            "BF16" => ScalarType.BFloat16,
            "I64" => ScalarType.Int64,
            "I32" => ScalarType.Int32,
            "U8" => ScalarType.Byte,
            "BOOL" => ScalarType.Bool,
            _ => throw new InvalidDataException($"safetensors dtype {dtype} is not read here"),
        };
}
