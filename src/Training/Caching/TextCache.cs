using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Caching;

/// <summary>
/// The text states of every pair's instruction in a fixed number of wordings, for runs whose text encoder is frozen. A record is
/// [L, D]; record 0 is the empty text.
/// </summary>
internal sealed class TextCache : IDisposable
{
    private const int TextsPerPass = 16;

    private readonly RecordCache _records;
    private readonly long _pairs;

    private TextCache(RecordCache records, long pairs, int wordings)
    {
        _records = records;
        _pairs = pairs;
        Wordings = wordings;
    }

    /// <summary>Wordings kept of each pair.</summary>
    public int Wordings { get; }

    /// <summary>L·D.</summary>
    public int StateLength => _records.Format.RecordLength;

    /// <summary>Makes what is missing of a cache and opens it.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="source">What it is made from.</param>
    /// <param name="threads">Threads that encode.</param>
    /// <param name="progress">Told the records done.</param>
    /// <param name="cancellationToken">Stops between passes; what is finished stays.</param>
    /// <exception cref="DatasetException">The folder holds texts of something else, or is damaged.</exception>
    public static TextCache Open(
        string folder,
        TextCacheSource source,
        int threads,
        Action<long>? progress,
        CancellationToken cancellationToken
    )
    {
        RecordCacheFormat format = source.Format;
        RecordCacheBuilder.Build(
            folder,
            format,
            TextsPerPass,
            (first, count, values) => Encode(source, first, count, values),
            threads,
            progress,
            cancellationToken
        );
        return new TextCache(RecordCache.Open(folder, format), source.Dataset.Count, source.Wordings);
    }

    /// <summary>Reads the states of a pair's instruction.</summary>
    /// <param name="index">Of the pair; null for the empty text.</param>
    /// <param name="wording">Which of its wordings.</param>
    /// <param name="states">[L·D] to fill.</param>
    public void Read(long? index, int wording, Span<float> states) =>
        _records.Read(index is { } pair ? 1 + wording * _pairs + pair : 0, states);

    /// <inheritdoc/>
    public void Dispose() => _records.Dispose();

    private static void Encode(TextCacheSource source, long first, int count, Span<Half> values)
    {
        int tokens = source.TextEncoder.Config.MaxTokens;
        var ids = new long[count * tokens];
        for (int row = 0; row < count; row++)
        {
            source.Tokenizer.Encode(source.TextOf(first + row), tokens).Ids.CopyTo(ids, row * tokens);
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Tensor states = source.TextEncoder.call(tensor(ids, [count, tokens]).to(source.Device)); // [count, L, D]
        states.cpu().contiguous().to(ScalarType.Float16).data<Half>().ToArray().CopyTo(values);
    }
}

/// <summary>What cached texts are made from.</summary>
internal sealed record TextCacheSource
{
    public required IEditDataset Dataset { get; init; }

    /// <summary>Shared by threads, not changed.</summary>
    public required ClipTextModel TextEncoder { get; init; }

    /// <summary>SHA-256 of its weights.</summary>
    public required string TextEncoderHash { get; init; }

    public required ClipTokenizer Tokenizer { get; init; }

    /// <summary>Where the text encoder lives.</summary>
    public required Device Device { get; init; }

    /// <summary>Of the wordings.</summary>
    public required long Seed { get; init; }

    /// <summary>Wordings of each pair.</summary>
    public required int Wordings { get; init; }

    /// <summary>Of the cache.</summary>
    public RecordCacheFormat Format =>
        new(
            $"data set {Dataset.Fingerprint}, text encoder {TextEncoderHash}, {Tokenizer.VocabularySize} tokens, seed {Seed}, "
                + $"{Dataset.Count} pairs × {Wordings} wordings",
            1 + Dataset.Count * Wordings,
            [TextEncoder.Config.MaxTokens, TextEncoder.Config.Encoder.HiddenSize]
        );

    /// <summary>The text of a record.</summary>
    public string TextOf(long record)
    {
        if (record == 0)
        {
            return "";
        }
        (long wording, long index) = Math.DivRem(record - 1, Dataset.Count);
        var random = new CounterRandom(Seed, RandomPurpose.Phrasing, index, wording + 1);
        return Dataset
            .Describe(index, new CounterRandom(Seed, RandomPurpose.Augmentation, index, 1), random)
            .Instruction;
    }
}
