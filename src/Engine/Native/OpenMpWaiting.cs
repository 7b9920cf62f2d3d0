using System.Runtime.InteropServices;

namespace InstructDiffusion.Engine.Native;

/// <summary>
/// How libtorch's threads wait for one another on Linux. By default they spin for about a millisecond at the end of every
/// operation; beside another busy process the spinning threads take the core from the one that is waited for, and small
/// operations take ten times as long and more. A short spin costs a busy machine far less (figures in bench/results).
/// </summary>
internal static class OpenMpWaiting
{
    // Iterations, about 10 microseconds; libgomp's default is 300,000.
    private const string SpinCount = "1000";

    /// <summary>Sets the spin unless the user has said how to wait. Must run before libtorch is loaded.</summary>
    public static void Shorten()
    {
        bool userDecides =
            Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null
            || Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") is not null;
        if (OperatingSystem.IsLinux() && !userDecides)
        {
            // Environment.SetEnvironmentVariable does not reach native code on Linux.
            _ = SetEnvironment("GOMP_SPINCOUNT", SpinCount, 0);
        }
    }

    [DllImport("libc.so.6", EntryPoint = "setenv")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetEnvironment(
        [MarshalAs(UnmanagedType.LPUTF8Str)] string name,
        [MarshalAs(UnmanagedType.LPUTF8Str)] string value,
        int overwrite
    );
}
