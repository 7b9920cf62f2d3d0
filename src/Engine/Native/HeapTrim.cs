using System.Runtime.InteropServices;

namespace InstructDiffusion.Engine.Native;

/// <summary>Gives memory that is free back to the system: glibc keeps it where later and longer-lived blocks lie behind it.</summary>
internal static class HeapTrim
{
    /// <summary>Does so on glibc; elsewhere nothing.</summary>
    public static void GiveBack()
    {
        if (
            OperatingSystem.IsLinux()
            && NativeLibrary.TryLoad("libc.so.6", out IntPtr library)
            && NativeLibrary.TryGetExport(library, "malloc_trim", out _)
        )
        {
            _ = MallocTrim(0);
        }
    }

    [DllImport("libc.so.6", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int MallocTrim(nuint pad);
}
