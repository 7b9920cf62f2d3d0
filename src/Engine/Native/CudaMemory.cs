using System.Runtime.InteropServices;

namespace InstructDiffusion.Engine.Native;

/// <summary>
/// Asks the CUDA runtime that libtorch has loaded how much memory a GPU has left; TorchSharp has no call for it. Any thread may
/// ask.
/// </summary>
public static unsafe class CudaMemory
{
    // libtorch of CUDA 12 and 13, on Linux and Windows; the one that is loaded already is found by its name alone.
    private static readonly string[] Names =
    [
        "libcudart.so.12",
        "libcudart.so.13",
        "cudart64_12.dll",
        "cudart64_13.dll",
    ];

    private static volatile Calls? _runtime;

    /// <summary>Free and whole memory of a GPU in bytes; null when there is no CUDA runtime or no such GPU.</summary>
    /// <param name="index">The GPU's number.</param>
    public static (long Free, long Total)? Of(int index)
    {
        // Before libtorch is loaded there is none to be found.
        if ((_runtime ??= Find()) is not { } calls)
        {
            return null;
        }
        // The current device is the thread's, and this thread is somebody else's.
        int before = 0;
        nuint free = 0;
        nuint total = 0;
        bool isKnown = calls.GetDevice(&before) == 0 && calls.SetDevice(index) == 0;
        isKnown = isKnown && calls.MemGetInfo(&free, &total) == 0;
        _ = calls.SetDevice(before);
        return isKnown ? ((long)free, (long)total) : null;
    }

    private static Calls? Find()
    {
        foreach (string name in Names)
        {
            if (
                NativeLibrary.TryLoad(name, out IntPtr library)
                && NativeLibrary.TryGetExport(library, "cudaGetDevice", out IntPtr getDevice)
                && NativeLibrary.TryGetExport(library, "cudaSetDevice", out IntPtr setDevice)
                && NativeLibrary.TryGetExport(library, "cudaMemGetInfo", out IntPtr memGetInfo)
            )
            {
                return new Calls
                {
                    GetDevice = (delegate* unmanaged<int*, int>)getDevice,
                    SetDevice = (delegate* unmanaged<int, int>)setDevice,
                    MemGetInfo = (delegate* unmanaged<nuint*, nuint*, int>)memGetInfo,
                };
            }
        }
        return null;
    }

    // Each gives 0 (cudaSuccess), or an error's number.
    private sealed class Calls
    {
        public delegate* unmanaged<int*, int> GetDevice;
        public delegate* unmanaged<int, int> SetDevice;
        public delegate* unmanaged<nuint*, nuint*, int> MemGetInfo;
    }
}
