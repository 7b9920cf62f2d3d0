using System.Collections.Concurrent;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Data.Checking;

/// <summary>Opens a data set and reads its pairs as training would, to find what is wrong before anything is trained.</summary>
/// <param name="resolution">Side of the samples, pixels.</param>
/// <param name="limit">Pairs that are read, evenly spread; null for all.</param>
/// <param name="threads">That read.</param>
/// <param name="seed">Of crops and words.</param>
internal sealed class DatasetCheck(int resolution, long? limit, int threads, long seed)
{
    /// <summary>Checks a set.</summary>
    /// <param name="source">Which.</param>
    /// <param name="line">Shows the progress.</param>
    /// <param name="sheet">Given the opened set.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DatasetException">It cannot be opened at all.</exception>
    public CheckReport Run(
        DataSourceRecipe source,
        ProgressLine line,
        Action<IEditDataset> sheet,
        CancellationToken cancellationToken
    )
    {
        var opening = new DatasetOpening
        {
            Source = source,
            Resolution = resolution,
            Rejections = new RejectionLog(),
            Statistics = new PictureStatistics(),
            CancellationToken = cancellationToken,
        };
        IEditDataset dataset = DatasetFactory.Open(opening);
        long reads = Math.Min(limit ?? dataset.Count, dataset.Count);
        var progress = new WorkProgress(line, dataset.Name, "pairs", reads, TimeProvider.System);
        var broken = new ConcurrentBag<(long Index, string Why)>();
        var tasks = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        Parallel.For(
            0,
            reads,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken },
            i =>
            {
                long index = (long)(i * (decimal)dataset.Count / reads);
                try
                {
                    EditSample sample = DatasetPreview.Read(dataset, index, seed);
                    tasks.AddOrUpdate(sample.Task, 1, (_, count) => count + 1);
                }
                catch (BrokenSampleException error)
                {
                    broken.Add((index, $"pair {index}: {error.Message}"));
                }
                progress.Advance();
            }
        );
        progress.Complete();
        sheet(dataset);
        return new CheckReport
        {
            Name = $"{dataset.Name} {source.Path}",
            Count = dataset.Count,
            Rejections = opening.Rejections,
            Read = reads,
            Broken = [.. broken.OrderBy(entry => entry.Index).Select(entry => entry.Why)],
            Tasks = new SortedDictionary<string, long>(tasks, StringComparer.Ordinal),
            Pictures = opening.Statistics,
        };
    }
}
