namespace InstructDiffusion.Training.Reporting;

/// <summary>
/// There is no space left for a file. Training can stop with its last checkpoint intact, or go on without what was to be
/// written, and go on with it once there is space again.
/// </summary>
/// <param name="path">The file that was written.</param>
/// <param name="inner">What the system said.</param>
public sealed class DiskFullException(string path, IOException inner)
    : IOException($"{path}: the disk is full ({inner.Message})", inner)
{
    private const int NoSpace = 28; // ENOSPC, on Linux and macOS
    private const int LinuxQuota = 122; // EDQUOT
    private const int MacQuota = 69; // EDQUOT
    private const int WindowsDiskFull = unchecked((int)0x8007_0070); // ERROR_DISK_FULL
    private const int WindowsHandleDiskFull = unchecked((int)0x8007_0027); // ERROR_HANDLE_DISK_FULL

    /// <summary>The file that was written.</summary>
    public string Path { get; } = path;

    /// <summary>Does what writes <paramref name="path"/>; a full disk or a used-up quota is thrown as this type.</summary>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public static void Watch(string path, Action write)
    {
        ArgumentNullException.ThrowIfNull(write);
        try
        {
            write();
        }
        catch (IOException e) when (IsFull(e))
        {
            throw new DiskFullException(path, e);
        }
    }

    private static bool IsFull(IOException e) =>
        OperatingSystem.IsWindows() ? e.HResult is WindowsDiskFull or WindowsHandleDiskFull
        : OperatingSystem.IsMacOS() ? e.HResult is NoSpace or MacQuota
        : e.HResult is NoSpace or LinuxQuota;
}
