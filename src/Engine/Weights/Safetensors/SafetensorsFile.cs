using InstructDiffusion.Engine.Weights.Files;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Weights.Safetensors;

/// <summary>A safetensors file, memory-mapped; loading from it keeps no second copy of the data.</summary>
public sealed class SafetensorsFile : ITensorSource
{
    private readonly ByteSource _bytes;
    private readonly SafetensorsHeader _header;

    /// <summary>Takes ownership of <paramref name="bytes"/>.</summary>
    internal SafetensorsFile(ByteSource bytes)
    {
        _bytes = bytes;
        try
        {
            _header = SafetensorsHeader.Read(bytes);
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Origin => _bytes.Name;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => _header.Tensors;

    /// <summary>The free text under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="CheckpointFormatException">Its header is inconsistent.</exception>
    public static SafetensorsFile Open(string path) => new(new MappedFile(path));

    /// <inheritdoc/>
    public void CopyTo(string name, Tensor destination)
    {
        var info = this.Info(name);
        TensorBytes.Copy(_bytes, _header.Offsets[name], info, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();
}
