using System.Globalization;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Scoring.Giqa;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Pairs;

/// <summary>All scores of some pairs at once.</summary>
/// <param name="models">Used by one thread at a time.</param>
internal sealed class PairMeasures(ScoreModels models)
{
    /// <summary>Cosine of the pictures before and after.</summary>
    public const string Image = "clip_image";

    /// <summary>Cosine of the picture before and its caption.</summary>
    public const string SourceText = "clip_source_text";

    /// <summary>Cosine of the picture after and its caption.</summary>
    public const string TargetText = "clip_target_text";

    /// <summary>Whether the picture changed as its caption did.</summary>
    public const string Direction = "clip_direction";

    /// <summary>How a score of the picture before ends.</summary>
    public const string OfSource = "_source";

    /// <summary>How a score of the picture after ends.</summary>
    public const string OfTarget = "_target";

    /// <summary>Measures.</summary>
    /// <param name="records">Of the pairs; those without captions get no score of a text.</param>
    /// <param name="sources">Pictures before.</param>
    /// <param name="targets">Pictures after.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <returns>Scores by name for each pair.</returns>
    public IReadOnlyList<SortedDictionary<string, double>> Of(
        IReadOnlyList<ShardRecord> records,
        IReadOnlyList<RgbImage> sources,
        IReadOnlyList<RgbImage> targets,
        CancellationToken cancellationToken
    )
    {
        int count = records.Count;
        SortedDictionary<string, double>[] scores =
        [
            .. records.Select(_ => new SortedDictionary<string, double>(StringComparer.Ordinal)),
        ];
        using var scope = NewDisposeScope();
        Tensor pictures = models.Clip.OfPictures([.. sources, .. targets], cancellationToken); // [2n, P]
        Tensor before = pictures.narrow(0, 0, count);
        Tensor after = pictures.narrow(0, count, count);
        Put(scores, Image, [.. ClipSimilarity.Cosine(before, after)]);
        if (models.Aesthetic is { } aesthetic)
        {
            PutBoth(scores, "aesthetic", [.. aesthetic.Of(pictures)]);
        }
        foreach (IQualityModel model in models.Qualities)
        {
            PutBoth(scores, ScoreModels.NameOf(model.Kind), model.Score(pictures));
        }
        PutTexts(scores, records, before, after, cancellationToken);
        return scores;
    }

    private void PutTexts(
        SortedDictionary<string, double>[] scores,
        IReadOnlyList<ShardRecord> records,
        Tensor before,
        Tensor after,
        CancellationToken cancellationToken
    )
    {
        Tensor? sourceTexts = PutText(scores, SourceText, before, CaptionsOf(r => r.SourceCaption), cancellationToken);
        Tensor? targetTexts = PutText(scores, TargetText, after, CaptionsOf(r => r.TargetCaption), cancellationToken);
        if (sourceTexts is null || targetTexts is null)
        {
            return;
        }
        int[] both =
        [
            .. Enumerable
                .Range(0, records.Count)
                .Where(i => HasText(records[i].SourceCaption) && HasText(records[i].TargetCaption)),
        ];
        if (both.Length > 0)
        {
            long[] rows = [.. both.Select(i => (long)i)];
            Tensor[] parts =
            [
                .. ((Tensor[])[before, after, sourceTexts, targetTexts]).Select(all =>
                    all.index_select(0, tensor(rows))
                ),
            ];
            float[] directions = ClipSimilarity.Directional(parts[0], parts[1], parts[2], parts[3]);
            for (int i = 0; i < both.Length; i++)
            {
                scores[both[i]][Direction] = Short(directions[i]);
            }
        }

        // Pairs without a caption get an empty text, whose scores nobody sees.
        string?[] CaptionsOf(Func<ShardRecord, string?> caption) =>
            [.. records.Select(record => HasText(caption(record)) ? caption(record) : null)];
    }

    private Tensor? PutText(
        SortedDictionary<string, double>[] scores,
        string name,
        Tensor pictures,
        string?[] captions,
        CancellationToken cancellationToken
    )
    {
        if (captions.All(caption => caption is null))
        {
            return null;
        }
        Tensor texts = models.Clip.OfTexts([.. captions.Select(caption => caption ?? "")], cancellationToken);
        float[] cosines = ClipSimilarity.Cosine(pictures, texts);
        for (int i = 0; i < captions.Length; i++)
        {
            if (captions[i] is not null)
            {
                scores[i][name] = Short(cosines[i]);
            }
        }
        return texts;
    }

    private static bool HasText(string? caption) => !string.IsNullOrWhiteSpace(caption);

    // Of both pictures, those before first.
    private static void PutBoth(SortedDictionary<string, double>[] scores, string name, double[] values)
    {
        Put(scores, name + OfSource, values[..scores.Length]);
        Put(scores, name + OfTarget, values[scores.Length..]);
    }

    private static void Put(SortedDictionary<string, double>[] scores, string name, double[] values)
    {
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i][name] = Short(values[i]);
        }
    }

    // Nine digits are more than fp32 holds; more would only be noise in the records.
    private static double Short(double value) =>
        double.Parse(value.ToString("G9", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
