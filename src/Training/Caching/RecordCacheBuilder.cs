using System.Runtime.InteropServices;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Caching;

/// <summary>Makes the files of a cache, several at once. One that was left half made goes on where it stopped.</summary>
internal static class RecordCacheBuilder
{
    /// <summary>Makes what is missing.</summary>
    /// <param name="folder">Where; made when it is not there.</param>
    /// <param name="format">Of the records.</param>
    /// <param name="recordsPerPass">Records made at a time.</param>
    /// <param name="make">Fills records from a number on; called from several threads.</param>
    /// <param name="threads">Files made at once.</param>
    /// <param name="progress">Told the records done so far, those found there included; called from several threads.</param>
    /// <param name="cancellationToken">Stops between passes; finished files stay.</param>
    /// <exception cref="Data.DatasetException">The folder holds records made from something else.</exception>
    public static void Build(
        string folder,
        RecordCacheFormat format,
        int recordsPerPass,
        RecordMaker make,
        int threads,
        Action<long>? progress,
        CancellationToken cancellationToken
    )
    {
        Directory.CreateDirectory(folder);
        if (RecordCacheFormat.ReadIndex(folder) is { } complete)
        {
            format.RequireKey(folder, complete.Key);
            return;
        }
        long done = 0;
        Parallel.For(
            0,
            format.FileCount,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken },
            file =>
            {
                string path = RecordCacheFormat.FilePath(folder, file);
                long first = (long)file * RecordCacheFormat.RecordsPerFile;
                int count = (int)Math.Min(RecordCacheFormat.RecordsPerFile, format.Count - first);
                if (IsMade(path, format))
                {
                    Report(count);
                    return;
                }
                // Files are made side by side: one libtorch thread each. The thread is the pool's and may be the caller's.
                int before = get_num_threads();
                set_num_threads(threads > 1 ? 1 : before);
                try
                {
                    MakeFile(path, format, first, count, recordsPerPass, make, Report, cancellationToken);
                }
                finally
                {
                    set_num_threads(before);
                }
            }
        );
        string[] checksums =
        [
            .. Enumerable
                .Range(0, format.FileCount)
                .Select(file => RecordCacheFormat.Checksum(RecordCacheFormat.FilePath(folder, file))),
        ];
        RecordCacheFormat.WriteIndex(folder, new RecordCacheIndex(format.Key, checksums));

        void Report(long records) => progress?.Invoke(Interlocked.Add(ref done, records));
    }

    private static bool IsMade(string path, RecordCacheFormat format)
    {
        if (!File.Exists(path))
        {
            return false;
        }
        using SafetensorsFile file = SafetensorsFile.Open(path);
        format.RequireKey(path, file.Metadata.GetValueOrDefault(RecordCacheFormat.KeyField));
        return true;
    }

    private static void MakeFile(
        string path,
        RecordCacheFormat format,
        long first,
        int count,
        int recordsPerPass,
        RecordMaker make,
        Action<long> report,
        CancellationToken cancellationToken
    )
    {
        int length = format.RecordLength;
        var records = new Half[count * length];
        for (int start = 0; start < count; start += recordsPerPass)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int made = Math.Min(recordsPerPass, count - start);
            make(first + start, made, records.AsSpan(start * length, made * length));
            report(made);
        }
        using var scope = NewDisposeScope();
        using var tensors = new NamedTensors(path);
        Tensor packed = empty([count, .. format.Shape], ScalarType.Float16);
        MemoryMarshal.AsBytes(records.AsSpan()).CopyTo(packed.bytes);
        tensors.Add(RecordCacheFormat.TensorName, packed);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [RecordCacheFormat.KeyField] = format.Key,
        };
        SafetensorsWriter.Write(path, tensors, metadata: metadata, cancellationToken: cancellationToken);
    }
}

/// <summary>Fills records.</summary>
/// <param name="first">Number of the first one.</param>
/// <param name="count">How many.</param>
/// <param name="values">One after another; NaN in front marks one that cannot be made.</param>
internal delegate void RecordMaker(long first, int count, Span<Half> values);
