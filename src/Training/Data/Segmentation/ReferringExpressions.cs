using System.Collections;
using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Pickle;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>
/// The phrases of RefCOCO and gRefCOCO: a list of references, each with its picture, its objects (−1: none) and its sentences, as JSON
/// or as a Python pickle. Pickles are read by the engine's own reader, which runs nothing, within bounds.
/// </summary>
internal static class ReferringExpressions
{
    private const long LargestPickle = 512L << 20;
    private const long PickleBudget = 1L << 30;
    private const int LongestSentence = 1000;
    private const int MostObjects = 1000;
    private const int MostSentences = 1000;

    /// <summary>Reads the references of one part.</summary>
    /// <param name="path">A <c>.json</c> or <c>.p</c> file.</param>
    /// <param name="split">The part, e.g. <c>train</c>.</param>
    /// <param name="log">Told what is malformed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The references, and the file's SHA-256.</returns>
    /// <exception cref="DatasetException">The file is missing, damaged or hostile, or has no such part.</exception>
    public static (IReadOnlyList<Reference> References, string Hash) Read(
        string path,
        string split,
        RejectionLog log,
        CancellationToken cancellationToken
    )
    {
        var found = new Collected(split, log);
        string hash = Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase)
            ? JsonStream.Read(path, null, (_, json) => found.Add(json), cancellationToken)
            : ReadPickle(path, found, cancellationToken);
        return found.References.Count > 0
            ? (found.References, hash)
            : throw new DatasetException(
                $"{path}: no usable reference of the part '{split}'; there are {string.Join(", ", found.Splits)}"
            );
    }

    private static string ReadPickle(string path, Collected found, CancellationToken cancellationToken)
    {
        try
        {
            using var stream = new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.Read,
                bufferSize: 1 << 16
            );
            if (stream.Length > LargestPickle)
            {
                throw new DatasetException($"{path}: {stream.Length:N0} bytes, allowed: {LargestPickle:N0}");
            }
            var options = new PickleReaderOptions { Name = path, Budget = PickleBudget };
            if (PickleReader.Read(stream, options, cancellationToken) is not List<object?> references)
            {
                throw new DatasetException($"{path}: expected a list of references");
            }
            foreach (object? reference in references)
            {
                found.Add(reference as PickleDict);
            }
            stream.Position = 0;
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (CheckpointFormatException error)
        {
            throw new DatasetException(error.Message, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>References as they are found.</summary>
    private sealed class Collected(string split, RejectionLog log)
    {
        private const int MostSplits = 20;

        private long _number;

        public List<Reference> References { get; } = [];

        public SortedSet<string> Splits { get; } = new(StringComparer.Ordinal);

        public void Add(ReadOnlySpan<byte> json)
        {
            _number++;
            if (DatasetJson.TryRead<ReferenceEntry>(json, "reference", _number, log) is { } entry)
            {
                long[]? objects = entry.AnnId.ValueKind switch
                {
                    JsonValueKind.Number when entry.AnnId.TryGetInt64(out long id) => [id],
                    JsonValueKind.Array => Ids(entry.AnnId),
                    _ => null,
                };
                Add(entry.Split, entry.ImageId, objects, entry.Sentences.Select(sentence => sentence.Sent));
            }
        }

        public void Add(PickleDict? reference)
        {
            _number++;
            if (
                reference is null
                || reference["split"] is not string part
                || reference["image_id"] is not long image
                || reference["sentences"] is not List<object?> sentences
            )
            {
                log.Reject("reference: not of the expected shape", $"number {_number}");
                return;
            }
            long[]? objects = reference["ann_id"] switch
            {
                long id => [id],
                IEnumerable list => [.. list.OfType<long>()],
                _ => null,
            };
            Add(part, image, objects, sentences.Select(item => (item as PickleDict)?["sent"] as string));
        }

        private void Add(string part, long image, long[]? objects, IEnumerable<string?> sentences)
        {
            if (Splits.Count < MostSplits)
            {
                Splits.Add(part);
            }
            if (!string.Equals(part, split, StringComparison.Ordinal))
            {
                return;
            }
            string[] texts =
            [
                .. sentences
                    .Take(MostSentences)
                    .Select(text => text?.Trim().ToLowerInvariant() ?? "")
                    .Where(text => text.Length is > 0 and <= LongestSentence),
            ];
            if (texts.Length == 0 || objects is not { Length: > 0 and <= MostObjects })
            {
                log.Reject("a reference without sentences or objects", $"number {_number}");
                return;
            }
            References.Add(new Reference(image, objects is [-1] ? [] : objects, texts));
        }

        private static long[] Ids(JsonElement list) =>
            [
                .. list.EnumerateArray()
                    .Where(item => item.ValueKind == JsonValueKind.Number)
                    .Select(item => item.TryGetInt64(out long id) ? id : long.MinValue),
            ];
    }

    private sealed record ReferenceEntry
    {
        public required string Split { get; init; }

        public required long ImageId { get; init; }

        public required JsonElement AnnId { get; init; }

        public required IReadOnlyList<SentenceEntry> Sentences { get; init; }
    }

    private sealed record SentenceEntry(string Sent);
}

/// <summary>Phrases for the same objects of a picture.</summary>
/// <param name="ImageId">The picture.</param>
/// <param name="Objects">Ids of their annotations; empty where the picture shows nothing of the kind.</param>
/// <param name="Sentences">At least one, lower case.</param>
internal sealed record Reference(long ImageId, IReadOnlyList<long> Objects, IReadOnlyList<string> Sentences);
