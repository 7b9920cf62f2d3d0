using System.Runtime.InteropServices;

namespace InstructDiffusion.Engine.Benchmarks.Measuring;

/// <summary>The system's copies of files in memory.</summary>
internal static class PageCache
{
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED

    /// <summary>Whether this system lets a program without privileges drop them.</summary>
    public static bool CanDrop => OperatingSystem.IsLinux();

    /// <summary>
    /// Drops these files from memory, so that they are read from the disk next. A disk with a cache of its own (any virtual one)
    /// may still be faster than a cold one.
    /// </summary>
    public static void Drop(IEnumerable<FileInfo> files)
    {
        foreach (FileInfo file in files)
        {
            using FileStream stream = file.Open(FileMode.Open, FileAccess.Read, FileShare.Read);
            int error = Advise(stream.SafeFileHandle, 0, 0, DontNeed);
            if (error != 0)
            {
                throw new IOException($"{file.FullName} cannot be dropped from the page cache: error {error}");
            }
        }
    }

    [DllImport("libc", EntryPoint = "posix_fadvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Advise(SafeHandle file, long offset, long length, int advice);
}
