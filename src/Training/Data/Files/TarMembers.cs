using System.Formats.Tar;

namespace InstructDiffusion.Training.Data.Files;

/// <summary>Finds the members of a tar file, which may be hostile: they are read in place later, and their names are no paths.</summary>
internal static class TarMembers
{
    /// <summary>Walks through a file.</summary>
    /// <param name="path">The tar file.</param>
    /// <param name="log">Told what is no file, and where the tar file is damaged; what follows that place is not seen.</param>
    /// <param name="onMember">Told each file's name and place.</param>
    public static void Read(string path, RejectionLog log, Action<string, FileSpan> onMember)
    {
        try
        {
            using var stream = new CautiousFile(path);
            using var reader = new TarReader(stream);
            while (reader.GetNextEntry(copyData: false) is { } entry)
            {
                bool isFile = entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile;
                if (isFile && entry.DataOffset >= 0 && entry.Length <= stream.Length - entry.DataOffset)
                {
                    onMember(entry.Name, new FileSpan(entry.DataOffset, entry.Length));
                }
                else if (entry.EntryType != TarEntryType.Directory)
                {
                    log.Reject("a tar member that is no file, or reaches past the shard's end", entry.Name);
                }
            }
        }
        catch (Exception error)
            when (error is IOException or InvalidDataException or FormatException or ArgumentException)
        {
            log.Reject("a shard that is damaged from some place on", $"{path}: {error.Message}");
        }
    }

    /// <summary>Members are passed over, not read: whoever reads much at once does so by order of an extended header.</summary>
    private sealed class CautiousFile(string path) : FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read)
    {
        private const int MostAtOnce = 1 << 20;

        public override int Read(Span<byte> buffer) =>
            buffer.Length <= MostAtOnce
                ? base.Read(buffer)
                : throw new InvalidDataException($"an extended header of {buffer.Length:N0} bytes");
    }
}
