using System.Diagnostics;
using System.Globalization;

namespace InstructDiffusion.Engine.Benchmarks.Measuring;

/// <summary>Memory of this process that is in RAM, in bytes: what counts against a container's limit.</summary>
internal static class ProcessMemory
{
    private const string ClearReferences = "/proc/self/clear_refs";
    private const string ResetPeakCommand = "5"; // proc(5): "5" sets VmHWM to the current VmRSS

    /// <summary>Now (VmRSS).</summary>
    public static long Resident => ReadStatus("VmRSS:") ?? Own(process => process.WorkingSet64);

    /// <summary>The most since the start, or since <see cref="TryResetPeak"/> (VmHWM).</summary>
    public static long Peak => ReadStatus("VmHWM:") ?? Own(process => process.PeakWorkingSet64);

    /// <summary>Begins a new peak; false where the system cannot, and the peak stays that of the whole process.</summary>
    public static bool TryResetPeak()
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }
        try
        {
            File.WriteAllText(ClearReferences, ResetPeakCommand);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static long? ReadStatus(string field)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }
        string? line = File.ReadLines("/proc/self/status")
            .FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal));
        return line is null
            ? null
            : long.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture)
                * 1024;
    }

    private static long Own(Func<Process, long> read)
    {
        using Process process = Process.GetCurrentProcess();
        return read(process);
    }
}
