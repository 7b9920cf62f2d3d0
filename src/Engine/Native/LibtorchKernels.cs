using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Native;

/// <summary>
/// Functions of libtorch_cpu's stable C interface (torch/csrc/inductor/aoti_torch and torch/csrc/stable) that TorchSharp does not
/// bind: products into memory that is there already, and libtorch's own thread pool. Work of ours runs on that pool, since two pools
/// on the same cores wait for each other.
/// </summary>
internal static unsafe class LibtorchKernels
{
    private static readonly IntPtr Library = Find();

    private static readonly delegate* unmanaged[Cdecl]<IntPtr, IntPtr, IntPtr, int> BatchedProduct =
        (delegate* unmanaged[Cdecl]<IntPtr, IntPtr, IntPtr, int>)Export("aoti_torch_cpu_bmm_out");

    private static readonly delegate* unmanaged[Cdecl]<
        long,
        long,
        long,
        delegate* unmanaged[Cdecl]<long, long, void*, void>,
        void*,
        int> Parallel = (delegate* unmanaged[Cdecl]<
        long,
        long,
        long,
        delegate* unmanaged[Cdecl]<long, long, void*, void>,
        void*,
        int>)Export("torch_parallel_for");

    private static readonly delegate* unmanaged[Cdecl]<IntPtr, void**, int> DataPointer = (delegate* unmanaged[Cdecl]<
        IntPtr,
        void**,
        int>)Export("aoti_torch_get_data_ptr");

    /// <summary>Whether this libtorch has them; one that is loaded from elsewhere may not.</summary>
    public static bool Available => BatchedProduct is not null && Parallel is not null && DataPointer is not null;

    /// <summary>Where the first element of a CPU tensor is. It stays there while the tensor lives.</summary>
    /// <exception cref="InvalidOperationException">A tensor without memory.</exception>
    public static void* DataOf(Tensor tensor)
    {
        void* data;
        if (DataPointer(tensor.Handle, &data) != 0)
        {
            throw new InvalidOperationException("A tensor without memory");
        }
        GC.KeepAlive(tensor);
        return data;
    }

    /// <summary>result[i] = left[i]·right[i], all on the CPU.</summary>
    /// <param name="result">[n, T, K], overwritten.</param>
    /// <param name="left">[n, T, C].</param>
    /// <param name="right">[n, C, K].</param>
    /// <exception cref="InvalidOperationException">Shapes or precisions that do not agree.</exception>
    public static void MultiplyBatches(Tensor result, Tensor left, Tensor right)
    {
        if (BatchedProduct(result.Handle, left.Handle, right.Handle) != 0)
        {
            throw new InvalidOperationException(
                $"No product of [{string.Join(", ", left.shape)}] and [{string.Join(", ", right.shape)}] into "
                    + $"[{string.Join(", ", result.shape)}]"
            );
        }
        GC.KeepAlive(result);
        GC.KeepAlive(left);
        GC.KeepAlive(right);
    }

    /// <summary>Calls <paramref name="work"/> with parts of 0…<paramref name="count"/> on libtorch's threads, and returns when all are done.</summary>
    /// <param name="count">Number of pieces of work.</param>
    /// <param name="grain">Pieces below which it is not worth another thread.</param>
    /// <param name="work">Gets the first piece, the one past the last, and <paramref name="state"/>; must not throw.</param>
    /// <param name="state">Lives until this returns.</param>
    /// <exception cref="InvalidOperationException">libtorch refused.</exception>
    public static void ForEachPart(
        long count,
        long grain,
        delegate* unmanaged[Cdecl]<long, long, void*, void> work,
        void* state
    )
    {
        if (Parallel(0, count, grain, work, state) != 0)
        {
            throw new InvalidOperationException($"libtorch did not run {count} parts");
        }
    }

    private static IntPtr Find()
    {
        _ = Libtorch.Load();
        string? folder = Environment.GetEnvironmentVariable(Libtorch.FolderVariable);
        foreach (string? place in new string?[] { folder, AppContext.BaseDirectory })
        {
            string name = OperatingSystem.IsWindows() ? "torch_cpu.dll" : "libtorch_cpu.so";
            if (!string.IsNullOrEmpty(place) && NativeLibrary.TryLoad(Path.Combine(place, name), out IntPtr library))
            {
                return library;
            }
        }
        return NativeLibrary.TryLoad("torch_cpu", typeof(TorchSharp.torch).Assembly, null, out IntPtr found)
            ? found
            : IntPtr.Zero;
    }

    private static IntPtr Export(string name) =>
        Library != IntPtr.Zero && NativeLibrary.TryGetExport(Library, name, out IntPtr address) ? address : IntPtr.Zero;
}
