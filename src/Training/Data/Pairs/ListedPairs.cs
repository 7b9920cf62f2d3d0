using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Data.Pairs;

/// <summary>Pairs from a JSON list, one object each.</summary>
internal static class ListedPairs
{
    /// <summary>Reads a list.</summary>
    /// <typeparam name="T">What an entry holds.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="opening">Told what cannot be used.</param>
    /// <param name="map">An entry as files, relative to the data set's folder, and words.</param>
    /// <returns>The pairs, and the file's SHA-256.</returns>
    /// <exception cref="DatasetException">The file is missing or no JSON.</exception>
    public static (List<FilePair> Pairs, string Hash) Read<T>(
        string path,
        DatasetOpening opening,
        Func<T, (string? Source, string? Target, IEnumerable<string?>? Wordings)> map
    )
        where T : class
    {
        var pairs = new List<FilePair>();
        RejectionLog log = opening.Rejections;
        long number = 0;
        string hash = JsonStream.Read(
            path,
            null,
            (_, json) =>
            {
                number++;
                if (DatasetJson.TryRead<T>(json, "pair", number, log) is not { } entry)
                {
                    return;
                }
                (string? source, string? target, IEnumerable<string?>? wordings) = map(entry);
                if (string.IsNullOrEmpty(source) || string.IsNullOrEmpty(target))
                {
                    log.Reject("a pair without two pictures", $"number {number}");
                }
                else if (PairTexts.Of(wordings, task: null, out string problem) is { } text)
                {
                    pairs.Add(new FilePair(source, target, text));
                }
                else
                {
                    log.Reject(problem, $"number {number}");
                }
            },
            opening.CancellationToken
        );
        return (pairs, hash);
    }
}
