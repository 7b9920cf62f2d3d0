using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Engine.Weights.Files;

namespace InstructDiffusion.Engine.Weights.Safetensors;

/// <summary>
/// The table of contents of a safetensors file: 8 bytes with the header's length (little-endian), a JSON object, then the
/// elements, which the tensors cover without overlap or gap.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limit on the JSON.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    private const int MaxTensors = 1_000_000;
    private const int MaxDimensions = 16;

    private readonly string _file;
    private readonly long _dataStart;
    private readonly long _dataLength;
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _offsets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);

    private SafetensorsHeader(string file, long dataStart, long dataLength)
    {
        _file = file;
        _dataStart = dataStart;
        _dataLength = dataLength;
    }

    /// <summary>Type and shape by name.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    /// <summary>Where each tensor's elements start, from the beginning of the file.</summary>
    public IReadOnlyDictionary<string, long> Offsets => _offsets;

    /// <summary>The free text under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads and checks the header; touches no tensor data.</summary>
    /// <exception cref="CheckpointFormatException">Anything is inconsistent.</exception>
    public static SafetensorsHeader Read(ByteSource bytes)
    {
        Span<byte> prefix = stackalloc byte[8];
        bytes.Read(0, prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxHeaderBytes || (long)length > bytes.Length - 8)
        {
            throw new CheckpointFormatException(
                bytes.Name,
                $"its safetensors header claims {length} bytes (limit {MaxHeaderBytes}, file {bytes.Length})"
            );
        }
        var json = new byte[length];
        bytes.Read(8, json);
        var header = new SafetensorsHeader(bytes.Name, 8 + (long)length, bytes.Length - 8 - (long)length);
        try
        {
            header.Parse(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or DecoderFallbackException)
        {
            throw new CheckpointFormatException(
                bytes.Name,
                $"its safetensors header is not valid JSON: {e.Message}",
                e
            );
        }
        header.RequireCover();
        return header;
    }

    private void Parse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        Expect(ref reader, JsonTokenType.StartObject, "the header");
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (string.Equals(name, "__metadata__", StringComparison.Ordinal))
            {
                ParseMetadata(ref reader);
            }
            else
            {
                ParseTensor(ref reader, name);
            }
        }
        while (reader.Read())
        {
            // Only white space may follow; the reader throws on anything else.
        }
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartObject, "__metadata__");
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            Expect(ref reader, JsonTokenType.String, $"__metadata__ '{key}'");
            _metadata[key] = reader.GetString()!;
        }
    }

    private void ParseTensor(ref Utf8JsonReader reader, string name)
    {
        string? type = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        Expect(ref reader, JsonTokenType.StartObject, $"tensor '{name}'");
        while (Next(ref reader) == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("dtype"u8) && type is null)
            {
                Expect(ref reader, JsonTokenType.String, $"dtype of '{name}'");
                type = reader.GetString();
            }
            else if (reader.ValueTextEquals("shape"u8) && shape is null)
            {
                shape = Integers(ref reader, $"shape of '{name}'", MaxDimensions);
            }
            else if (reader.ValueTextEquals("data_offsets"u8) && offsets is null)
            {
                offsets = Integers(ref reader, $"data_offsets of '{name}'", 2);
            }
            else
            {
                throw Bad($"tensor '{name}' has an unknown or repeated field '{reader.GetString()}'");
            }
        }
        if (type is null || shape is null || offsets is not { Count: 2 })
        {
            throw Bad($"tensor '{name}' lacks its dtype, shape or two data_offsets");
        }
        Add(name, type, shape, offsets[0], offsets[1]);
    }

    private void Add(string name, string typeName, List<long> shape, long begin, long end)
    {
        var type =
            SafetensorsType.Find(typeName) ?? throw Bad($"tensor '{name}' has the unsupported type '{typeName}'");
        TensorInfo info;
        try
        {
            info = new TensorInfo(type, shape.ToArray());
        }
        catch (OverflowException)
        {
            throw Bad($"tensor '{name}' has the impossible shape {TensorInfo.ShapeText(shape.ToArray())}");
        }
        if (begin > end || end > _dataLength)
        {
            throw Bad(
                $"tensor '{name}' lies at bytes {begin}…{end} of {_dataLength}; the file is damaged or incomplete"
            );
        }
        if (end - begin != info.ByteCount)
        {
            throw Bad($"tensor '{name}' of {info} needs {info.ByteCount} bytes but has {end - begin}");
        }
        if (_tensors.Count >= MaxTensors)
        {
            throw Bad($"more than {MaxTensors} tensors");
        }
        if (!_tensors.TryAdd(name, info))
        {
            throw Bad($"tensor '{name}' is listed twice");
        }
        _offsets[name] = _dataStart + begin;
    }

    private void RequireCover()
    {
        var position = _dataStart;
        foreach (var (name, start) in _offsets.OrderBy(p => p.Value).ThenBy(p => _tensors[p.Key].ByteCount))
        {
            if (start != position)
            {
                throw Bad(
                    start < position
                        ? $"tensor '{name}' overlaps the one before it"
                        : $"{start - position} bytes before tensor '{name}' belong to no tensor"
                );
            }
            position += _tensors[name].ByteCount;
        }
        if (position != _dataStart + _dataLength)
        {
            throw Bad($"{_dataStart + _dataLength - position} bytes at its end belong to no tensor");
        }
    }

    private List<long> Integers(ref Utf8JsonReader reader, string what, int limit)
    {
        Expect(ref reader, JsonTokenType.StartArray, what);
        var values = new List<long>();
        while (Next(ref reader) == JsonTokenType.Number)
        {
            if (!reader.TryGetInt64(out var value) || value < 0 || values.Count == limit)
            {
                throw Bad($"{what} must be at most {limit} whole numbers from 0 to 2^63-1");
            }
            values.Add(value);
        }
        return reader.TokenType == JsonTokenType.EndArray ? values : throw Bad($"{what} must hold numbers only");
    }

    private void Expect(ref Utf8JsonReader reader, JsonTokenType type, string what)
    {
        if (Next(ref reader) != type)
        {
            throw Bad($"{what} must be a JSON {type}, not {reader.TokenType}");
        }
    }

    private static JsonTokenType Next(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw new JsonException("it ends early");

    private CheckpointFormatException Bad(string problem) => new(_file, problem);
}
