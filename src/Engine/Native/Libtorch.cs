using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace InstructDiffusion.Engine.Native;

/// <summary>
/// Loads libtorch before TorchSharp first needs it, so that what is wrong is said in words: TorchSharp's own message blames a
/// missing package whatever the cause.
/// </summary>
public static class Libtorch
{
    /// <summary>
    /// Environment variable: a folder with libtorch's shared libraries, e.g. an installed PyTorch's <c>torch/lib</c>, to use
    /// (with its CUDA libraries, if it has them) instead of those beside the program.
    /// </summary>
    public const string FolderVariable = "INSTRUCTDIFFUSION_LIBTORCH";

    private const string Wrapper = "LibTorchSharp";
    private const int LoadNow = 2; // RTLD_NOW: every symbol is resolved at once or the load fails, naming it
    private const int LoadGlobal = 0x100; // RTLD_GLOBAL: libtorch's parts find one another

    // In the order in which they need one another; the CUDA ones exist in CUDA builds only.
    private static readonly string[] Parts =
    [
        "libc10.so",
        "libtorch_cpu.so",
        "libc10_cuda.so",
        "libtorch_cuda.so",
        "libtorch.so",
    ];

    private static readonly Lazy<string> Loaded = new(LoadOnce);

    /// <summary>Loads libtorch; later calls do nothing.</summary>
    /// <returns>Where it came from, for the log.</returns>
    /// <exception cref="LibtorchException">It cannot be loaded; says why and what to do.</exception>
    public static string Load() => Loaded.Value;

    private static string LoadOnce()
    {
        OpenMpWaiting.Shorten();
        string? folder = Environment.GetEnvironmentVariable(FolderVariable);
        if (!string.IsNullOrEmpty(folder))
        {
            LoadFrom(folder);
            return folder;
        }
        try
        {
            _ = NativeLibrary.Load(Wrapper, typeof(torch).Assembly, null);
            return AppContext.BaseDirectory;
        }
        catch (DllNotFoundException e)
        {
            throw new LibtorchException(Explain(e.Message), e);
        }
    }

    private static void LoadFrom(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new LibtorchException($"{FolderVariable} is supported on Linux only; unset it.");
        }
        if (!File.Exists(Path.Combine(folder, "libtorch_cpu.so")))
        {
            throw new LibtorchException($"{FolderVariable}={folder} has no libtorch_cpu.so.");
        }
        foreach (string part in Parts.Where(part => File.Exists(Path.Combine(folder, part))))
        {
            OpenNow(Path.Combine(folder, part));
        }
        IntPtr wrapper = OpenNow(Path.Combine(AppContext.BaseDirectory, $"lib{Wrapper}.so"));

        // TorchSharp would now look for libtorch by itself, and load a second copy from beside the program. It has no
        // switch for "already loaded", so its own marks are set, and its imports are led to the library just opened.
        NativeLibrary.SetDllImportResolver(
            typeof(torch).Assembly,
            (name, _, _) => string.Equals(name, Wrapper, StringComparison.Ordinal) ? wrapper : IntPtr.Zero
        );
        foreach (string mark in (string[])["nativeBackendLoaded", "nativeBackendCudaLoaded"])
        {
            FieldInfo field =
                typeof(torch).GetField(mark, BindingFlags.NonPublic | BindingFlags.Static)
                ?? throw new LibtorchException(
                    $"This TorchSharp has no {mark}; {FolderVariable} cannot be used with it."
                );
            field.SetValue(null, value: true);
        }
    }

    private static IntPtr OpenNow(string path)
    {
        IntPtr handle = DlOpen(path, LoadNow | LoadGlobal);
        return handle != IntPtr.Zero
            ? handle
            : throw new LibtorchException(Explain(Marshal.PtrToStringUTF8(DlError()) ?? $"{path} cannot be loaded"));
    }

    private static string Explain(string loaderMessage)
    {
        string advice =
            loaderMessage.Contains("GLIBCXX", StringComparison.Ordinal)
                ? "The C++ runtime of this system is too old for the library as it was shipped. Build with this repository's "
                    + "projects: they adapt the copied library (eng/Native.targets)."
            : loaderMessage.Contains("undefined symbol", StringComparison.Ordinal)
                ? $"The libtorch that was found is another version than TorchSharp {typeof(torch).Assembly.GetName().Version} "
                    + "was built for; it wants libtorch 2.10."
            : "libtorch lies beside the program after a build with this repository's projects; the processor and system must be "
                + $"64-bit x86 Linux or Windows, or macOS on Arm. {FolderVariable} can name another folder.";
        return $"libtorch cannot be loaded. {advice} The loader said: {loaderMessage}";
    }

    [DllImport("libc.so.6", EntryPoint = "dlopen", CharSet = CharSet.Ansi, BestFitMapping = false)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern IntPtr DlOpen([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc.so.6", EntryPoint = "dlerror")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern IntPtr DlError();
}
