using Microsoft.Win32.SafeHandles;

namespace InstructDiffusion.Training.Data.Files;

/// <summary>A stretch of a file, e.g. a member of an archive that is stored as it is.</summary>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct FileSpan(long Offset, long Length)
{
    /// <summary>Reads it. Any number of threads may read one file: it is opened for each.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BrokenSampleException">The file is missing or shorter.</exception>
    public byte[] Read(string path)
    {
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            var bytes = new byte[Length];
            for (int done = 0; done < bytes.Length; )
            {
                int read = RandomAccess.Read(file, bytes.AsSpan(done), Offset + done);
                if (read == 0)
                {
                    throw new BrokenSampleException($"{path}: it is shorter than when it was opened");
                }
                done += read;
            }
            return bytes;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BrokenSampleException($"{path}: {error.Message}", error);
        }
    }
}
