using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Construction.Web.Posts;

/// <summary>The lines of a dump, of which one that is too long spoils itself and not the rest.</summary>
internal static class DumpLines
{
    private const int BufferBytes = 1 << 16;

    /// <summary>Reads a file.</summary>
    /// <param name="path">UTF-8.</param>
    /// <param name="longest">Longest line, bytes.</param>
    /// <returns>Lines without their ends; null for one that is too long. A line is gone when the next one is asked for.</returns>
    /// <exception cref="DatasetException">The file cannot be read.</exception>
    public static IEnumerable<ReadOnlyMemory<byte>?> Read(string path, int longest)
    {
        using FileStream file = Open(path);
        var line = new byte[longest];
        int length = 0;
        bool isLong = false;
        var buffer = new byte[BufferBytes];
        int read;
        while ((read = file.Read(buffer)) > 0)
        {
            for (int start = 0; start < read; )
            {
                int end = Array.IndexOf(buffer, (byte)'\n', start, read - start);
                int count = (end < 0 ? read : end) - start;
                isLong |= length + count > longest;
                if (!isLong)
                {
                    Buffer.BlockCopy(buffer, start, line, length, count);
                    length += count;
                }
                start += count + 1;
                if (end >= 0)
                {
                    yield return Whole();
                    (length, isLong) = (0, false);
                }
            }
        }
        if (length > 0 || isLong)
        {
            yield return Whole();
        }

        // A conditional expression would make null an empty line, by way of the conversion from arrays.
        ReadOnlyMemory<byte>? Whole()
        {
            if (isLong)
            {
                return null;
            }
            return line.AsMemory(0, length);
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: {error.Message}", error);
        }
    }
}
