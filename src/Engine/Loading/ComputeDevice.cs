using System.Globalization;
using InstructDiffusion.Engine.Native;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Loading;

/// <summary>From a device's name to the device.</summary>
public static class ComputeDevice
{
    /// <summary>Finds <c>cpu</c>, <c>cuda</c> (the first GPU) or <c>cuda:N</c>.</summary>
    /// <exception cref="ModelLoadException">The name is not understood, or this machine has no such device.</exception>
    public static Device Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Libtorch.Load();
        if (string.Equals(name, "cpu", StringComparison.Ordinal))
        {
            return CPU;
        }
        string[] parts = name.Split(':');
        int index = 0;
        bool isCuda =
            string.Equals(parts[0], "cuda", StringComparison.Ordinal)
            && (
                parts.Length == 1
                || (
                    parts.Length == 2
                    && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index)
                )
            );
        if (!isCuda)
        {
            throw new ModelLoadException($"device: expected cpu, cuda or cuda:N, got '{name}'");
        }
        int count = cuda.is_available() ? cuda.device_count() : 0;
        return index < count
            ? new Device(TorchSharp.DeviceType.CUDA, index)
            : throw new ModelLoadException(
                $"device: '{name}' is not there: libtorch sees {count} CUDA devices. A CPU build of libtorch sees none; "
                    + $"build with -p:TorchFlavor=cuda, or let {Libtorch.FolderVariable} name an installed PyTorch's lib folder."
            );
    }
}
