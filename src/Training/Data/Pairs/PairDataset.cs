using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Pairs;

/// <summary>
/// Given pairs as training samples: both pictures become squares in the same way and are mirrored together (specification 4.6 and
/// 4.7).
/// </summary>
internal sealed class PairDataset : IEditDataset
{
    /// <summary>Changes when the same pair would give other pixels.</summary>
    public const int Version = 1;

    private readonly IPairSource _pairs;
    private readonly PairFrame _frame;
    private readonly double _flip;
    private readonly bool _flipsSides;
    private readonly bool _hasPrefix;

    /// <param name="pairs">The pairs.</param>
    /// <param name="opening">What was asked for.</param>
    /// <param name="usual">The authors' way, where the recipe names none.</param>
    /// <param name="split">The part that was opened.</param>
    /// <param name="contents">What stands for the files in the fingerprint.</param>
    public PairDataset(
        IPairSource pairs,
        DatasetOpening opening,
        PairManner usual,
        string split,
        params IEnumerable<string> contents
    )
    {
        DataSourceRecipe source = opening.Source;
        bool augments = opening.Augments(split);
        _pairs = pairs;
        _frame = new PairFrame(source.Framing ?? usual.Framing, opening.Resolution, augments);
        _flip = augments ? source.Flip ?? usual.Flip : 0;
        _flipsSides = source.Reproduces(ReleasedDefect.FlipsSides) || !usual.HasWords;
        _hasPrefix = source.TaskPrefix;
        Name = DataSourceKinds.NameOf(source.Kind);
        Count = pairs.Count;
        Fingerprint = DatasetIdentity.Of(Version, opening, augments, contents);
        if (Count < 1)
        {
            throw new DatasetException($"{source.Path}: no pair in it can be used{Reasons(opening)}");
        }
    }

    /// <summary>The pairs as they are stored.</summary>
    public IPairSource Pairs => _pairs;

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public long Count { get; }

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public EditSample Read(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        PairText text = _pairs.TextOf(index);
        (RgbImage source, RgbImage target) = _pairs.PicturesOf(index);
        try
        {
            (source, target) = _frame.Apply(source, target, ref augmentation);
        }
        catch (BrokenSampleException unfit)
        {
            throw new BrokenSampleException($"{_pairs.NameOf(index)}: {unfit.Message}", unfit);
        }
        if (augmentation.Chance(_flip) && (_flipsSides || !text.NamesSides))
        {
            (source, target) = (PictureParts.Mirror(source), PictureParts.Mirror(target));
        }
        return new EditSample(source, target, Word(text, phrasing), text.Task);
    }

    /// <inheritdoc/>
    public (string Instruction, string Task) Describe(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        PairText text = _pairs.TextOf(index);
        return (Word(text, phrasing), text.Task);
    }

    private string Word(PairText text, CounterRandom phrasing)
    {
        string prefix = text.Task switch
        {
            _ when !_hasPrefix => "",
            TaskNames.Deblur => "Image Deblurring: ",
            TaskNames.Denoise => "Image Denoising: ",
            TaskNames.Watermark => "Watermark Removal: ",
            _ => "Image Editing: ",
        };
        return prefix + text.Word(ref phrasing);
    }

    private static string Reasons(DatasetOpening opening) =>
        string.Concat(opening.Rejections.Rejected.Select(r => $"; {r.Reason}: {r.Count}, e.g. {r.Examples[0]}"));
}

/// <summary>How the authors read a set of pairs.</summary>
/// <param name="Framing">How pictures become squares.</param>
/// <param name="Flip">How often a pair is mirrored, 0…1.</param>
/// <param name="HasWords">Instructions are about the picture and may name its sides; false for restoration.</param>
internal sealed record PairManner(PairFraming Framing, double Flip, bool HasWords = true);
