using System.Runtime.InteropServices;

namespace InstructDiffusion.Api.Jobs.Storage.Blobs;

/// <summary>
/// Writes a folder's entries to the disk: on Unix a renamed file can lose its new name to a power failure until this is done.
/// .NET flushes files only. Windows has no such call and needs none.
/// </summary>
internal static class DirectoryFlush
{
    private const int ReadOnly = 0;

    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        int handle = Open(folder, ReadOnly);
        if (handle < 0)
        {
            throw new IOException("The folder cannot be opened.", Marshal.GetLastPInvokeError());
        }
        try
        {
            if (Sync(handle) != 0)
            {
                throw new IOException("The folder cannot be flushed.", Marshal.GetLastPInvokeError());
            }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int handle);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
}
