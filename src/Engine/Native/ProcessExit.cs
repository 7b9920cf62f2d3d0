using System.Diagnostics;
using System.Runtime.InteropServices;

namespace InstructDiffusion.Engine.Native;

/// <summary>The end of a process in which a thread still computes.</summary>
public static partial class ProcessExit
{
    /// <summary>
    /// Ends this process at once and runs nothing that libraries have registered for its end: libtorch's would free what a
    /// thread inside of it still uses, and the process would die of a segmentation fault. What is to be written must be
    /// written before.
    /// </summary>
    /// <param name="code">Exit status; Windows takes its own.</param>
    public static void Now(int code)
    {
        if (OperatingSystem.IsWindows())
        {
            Process.GetCurrentProcess().Kill();
        }
        else
        {
            ExitNow(code);
        }
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int code);
}
