using System.IO.Compression;
using System.Text;
using static TorchSharp.torch;

namespace InstructDiffusion.TestSupport;

/// <summary>Writes torch zip files byte by byte as torch.save does, for forms that the fixtures lack.</summary>
public sealed class TorchPickleWriter : IDisposable
{
    private readonly MemoryStream _entries = new();
    private readonly Dictionary<string, byte[]> _storages = new(StringComparer.Ordinal);

    public void Dispose() => _entries.Dispose();

    public void Add(string name, Tensor tensor)
    {
        var key = _storages.Count.ToString();
        _storages.Add(key, tensor.contiguous().bytes.ToArray());
        var strides = new long[tensor.dim()];
        long stride = 1;
        for (var i = strides.Length - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= tensor.shape[i];
        }
        AddView(name, key, tensor.dtype, tensor.numel(), 0, tensor.shape, strides);
    }

    /// <summary>A tensor as the pickle describes it, true or not.</summary>
    public void AddView(string name, string key, ScalarType type, long count, long offset, long[] shape, long[] strides)
    {
        Text(_entries, name);
        Tensor(_entries, key, type, count, offset, shape, strides);
    }

    public void AddStorage(string key, byte[] bytes) => _storages.Add(key, bytes);

    /// <summary>{"epoch": 195, "config": an OmegaConf object, "model_ema": {…}}.</summary>
    public byte[] ToStateFile()
    {
        using var pickle = new MemoryStream();
        pickle.Write([0x80, 2, (byte)'}', (byte)'(']);
        Text(pickle, "epoch");
        Number(pickle, 195);
        Text(pickle, "config");
        pickle.Write("comegaconf.dictconfig\nDictConfig\n)"u8);
        pickle.Write([0x81, (byte)'}', (byte)'b']);
        Text(pickle, "model_ema");
        pickle.Write("}("u8);
        _entries.WriteTo(pickle);
        pickle.Write("uu."u8);
        return ToZip(pickle.ToArray());
    }

    /// <summary>The tensors at the root.</summary>
    public byte[] ToFile(CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var pickle = new MemoryStream();
        pickle.Write([0x80, 2, (byte)'}', (byte)'(']);
        _entries.WriteTo(pickle);
        pickle.Write("u."u8);
        return ToZip(pickle.ToArray(), level);
    }

    /// <summary>The tensors at the root, in the legacy form. Every storage holds 4-byte elements.</summary>
    public byte[] ToLegacyFile()
    {
        using var file = new MemoryStream();
        file.Write([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.']);
        file.Write([0x80, 2, (byte)'M', 0xe9, 0x03, (byte)'.']);
        file.Write([0x80, 2, (byte)'}']);
        Text(file, "little_endian");
        file.Write([0x88, (byte)'s', (byte)'.', 0x80, 2, (byte)'}', (byte)'(']);
        _entries.WriteTo(file);
        file.Write([(byte)'u', (byte)'.', 0x80, 2, (byte)']', (byte)'(']);
        foreach (var key in _storages.Keys)
        {
            Text(file, key);
        }
        file.Write("e."u8);
        foreach (var bytes in _storages.Values)
        {
            file.Write(BitConverter.GetBytes(bytes.Length / 4L));
            file.Write(bytes);
        }
        return file.ToArray();
    }

    public byte[] ToZip(byte[] pickle, CompressionLevel level = CompressionLevel.NoCompression)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            Entry(zip, "archive/data.pkl", pickle, level);
            Entry(zip, "archive/byteorder", "little"u8.ToArray(), level);
            foreach (var (key, bytes) in _storages)
            {
                Entry(zip, $"archive/data/{key}", bytes, level);
            }
        }
        return stream.ToArray();
    }

    private static void Entry(ZipArchive zip, string name, byte[] bytes, CompressionLevel level)
    {
        using var entry = zip.CreateEntry(name, level).Open();
        entry.Write(bytes);
    }

    private static void Tensor(
        Stream stream,
        string key,
        ScalarType type,
        long count,
        long offset,
        long[] shape,
        long[] strides
    )
    {
        stream.Write("ctorch._utils\n_rebuild_tensor_v2\n(("u8);
        Text(stream, "storage");
        var storage = type switch
        {
            ScalarType.Float16 => "HalfStorage",
            ScalarType.Int64 => "LongStorage",
            ScalarType.Float32 => "FloatStorage",
            ScalarType.Bool => "BoolStorage",
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };
        stream.Write(Encoding.UTF8.GetBytes($"ctorch\n{storage}\n"));
        Text(stream, key);
        Text(stream, "cpu");
        Number(stream, count);
        stream.Write("tQ"u8);
        Number(stream, offset);
        Tuple(stream, shape);
        Tuple(stream, strides);
        stream.Write([0x89]);
        stream.Write("ccollections\nOrderedDict\n)RtR"u8);
    }

    private static void Tuple(Stream stream, long[] numbers)
    {
        stream.Write("("u8);
        foreach (var number in numbers)
        {
            Number(stream, number);
        }
        stream.Write("t"u8);
    }

    public static void Number(Stream stream, long value) => stream.Write(Encoding.UTF8.GetBytes($"L{value}L\n"));

    public static void Text(Stream stream, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        stream.Write("X"u8);
        stream.Write(BitConverter.GetBytes(bytes.Length));
        stream.Write(bytes);
    }
}
