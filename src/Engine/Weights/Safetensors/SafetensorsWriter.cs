using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights.Safetensors;

/// <summary>Writes safetensors files, one tensor in memory at a time.</summary>
public static class SafetensorsWriter
{
    private const long PieceBytes = 64 << 20;

    /// <summary>
    /// Writes every tensor of a source. The file appears under its name only when it is complete; an existing one is replaced.
    /// </summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="source">What to write.</param>
    /// <param name="floatType">Type that floating-point tensors are converted to; null keeps each as it is.</param>
    /// <param name="metadata">Free text for the header; <c>format: pt</c> is always there, as other readers ask for it.</param>
    /// <param name="written">Told the bytes of each tensor when it is written.</param>
    /// <param name="cancellationToken">Looked at before each tensor; nothing is left behind.</param>
    /// <exception cref="CheckpointFormatException">A tensor cannot be read, or is not finite in the type asked for.</exception>
    public static void Write(
        string path,
        ITensorSource source,
        ScalarType? floatType = null,
        IReadOnlyDictionary<string, string>? metadata = null,
        Action<long>? written = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(source);
        // Large elements first keeps all of them aligned.
        var tensors = source
            .Tensors.Select(t => (Name: t.Key, Info: Converted(t.Value, floatType)))
            .OrderByDescending(t => t.Info.DType.ByteSize())
            .ThenBy(t => t.Name, StringComparer.Ordinal)
            .ToList();
        var temporary = $"{path}.{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                WriteHeader(stream, tensors, metadata);
                foreach (var (name, info) in tensors)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    WriteTensor(stream, source, name, info);
                    written?.Invoke(info.ByteCount);
                }
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static TensorInfo Converted(TensorInfo info, ScalarType? floatType) =>
        floatType is { } type && info.DType.IsFloat() ? new TensorInfo(type, info.Shape) : info;

    private static void WriteHeader(
        Stream stream,
        List<(string Name, TensorInfo Info)> tensors,
        IReadOnlyDictionary<string, string>? metadata
    )
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteStartObject("__metadata__");
            foreach (var (key, value) in metadata ?? new Dictionary<string, string>(StringComparer.Ordinal))
            {
                writer.WriteString(key, value);
            }
            if (metadata?.ContainsKey("format") != true)
            {
                writer.WriteString("format", "pt");
            }
            writer.WriteEndObject();
            long offset = 0;
            foreach (var (name, info) in tensors)
            {
                writer.WriteStartObject(name);
                writer.WriteString("dtype", SafetensorsType.NameOf(info.DType));
                WriteNumbers(writer, "shape", info.Shape);
                WriteNumbers(writer, "data_offsets", [offset, offset + info.ByteCount]);
                writer.WriteEndObject();
                offset += info.ByteCount;
            }
            writer.WriteEndObject();
        }
        while (json.Length % 8 != 0)
        {
            json.WriteByte((byte)' ');
        }
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, json.Length);
        stream.Write(prefix);
        json.WriteTo(stream);
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, ReadOnlySpan<long> numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
        {
            writer.WriteNumberValue(number);
        }
        writer.WriteEndArray();
    }

    private static void WriteTensor(Stream stream, ITensorSource source, string name, TensorInfo info)
    {
        using var scope = NewDisposeScope();
        var stored = source.Read(name);
        var tensor = stored.to(info.DType).view(-1);
        if (info.DType != stored.dtype && !tensor.isfinite().all().item<bool>() && stored.isfinite().all().item<bool>())
        {
            throw new CheckpointFormatException(source.Origin, $"tensor '{name}' overflows as {info.DType}");
        }
        var length = PieceBytes / info.DType.ByteSize();
        for (long start = 0; start < info.ElementCount; start += length)
        {
            using var piece = tensor.narrow(0, start, Math.Min(length, info.ElementCount - start));
            stream.Write(piece.bytes);
        }
    }
}
