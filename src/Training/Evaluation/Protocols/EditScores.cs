using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Scoring;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>Measures an answer without a known target. Belongs to the thread that uses it.</summary>
internal sealed class EditScores : IDisposable
{
    private readonly ClipScores _clip;
    private readonly ClipScores? _aestheticClip;
    private readonly AestheticScores? _aesthetic;

    private EditScores(ClipScores clip, ClipScores? aestheticClip, AestheticScores? aesthetic)
    {
        _clip = clip;
        _aestheticClip = aestheticClip;
        _aesthetic = aesthetic;
    }

    /// <summary>Whether answers get an aesthetic score.</summary>
    public bool HasAesthetics => _aesthetic is not null;

    /// <summary>Opens the models.</summary>
    /// <param name="clip">Folder of the CLIP of CLIP-Sim (the paper does not say which; its values of about 30 look like ViT-B).</param>
    /// <param name="aesthetic">File of an aesthetic predictor, or null for none.</param>
    /// <param name="aestheticClip">Folder of CLIP ViT-L/14, which the predictor needs; null where <paramref name="clip"/> is it.</param>
    /// <param name="device">As in <see cref="ClipScores.Open"/>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ScoringException">A file is missing, or they do not belong together.</exception>
    public static EditScores Open(
        string clip,
        string? aesthetic,
        string? aestheticClip,
        string device,
        CancellationToken cancellationToken
    )
    {
        var opened = new List<IDisposable>();
        try
        {
            ClipScores similarity = Keep(ClipScores.Open(clip, device, cancellationToken));
            if (aesthetic is null)
            {
                return new EditScores(similarity, null, null);
            }
            ClipScores vectors = aestheticClip is null
                ? similarity
                : Keep(ClipScores.Open(aestheticClip, device, cancellationToken));
            if (vectors.Size != AestheticScores.Size)
            {
                throw new ScoringException(
                    $"{aesthetic}: scores vectors of {AestheticScores.Size} numbers (CLIP ViT-L/14), {aestheticClip ?? clip} "
                        + $"makes {vectors.Size}; name another folder with --aesthetic-clip"
                );
            }
            return new EditScores(similarity, vectors, Keep(AestheticScores.Open(aesthetic, cancellationToken)));
        }
        catch
        {
            opened.ForEach(part => part.Dispose());
            throw;
        }

        T Keep<T>(T part)
            where T : IDisposable
        {
            opened.Add(part);
            return part;
        }
    }

    /// <summary>Measures.</summary>
    /// <param name="source">The picture before.</param>
    /// <param name="answer">The picture after.</param>
    /// <param name="caption">Of what was asked for.</param>
    /// <returns>
    /// A hundred times the cosine of answer and caption, and of answer and source; the aesthetic score, NaN without a predictor; the mean
    /// change of a channel, 0…1.
    /// </returns>
    public double[] Of(RgbImage source, RgbImage answer, string caption)
    {
        using var scope = NewDisposeScope();
        Tensor pictures = _clip.OfPictures([answer, source]); // [2, P]
        Tensor text = _clip.OfTexts([caption]); // [1, P]
        Tensor after = pictures.narrow(0, 0, 1);
        double aesthetic =
            _aesthetic is null ? double.NaN
            : ReferenceEquals(_aestheticClip, _clip) ? _aesthetic.Of(after)[0]
            : _aesthetic.Of(_aestheticClip!.OfPictures([answer]))[0];
        return
        [
            100 * ClipSimilarity.Cosine(after, text)[0],
            100 * ClipSimilarity.Cosine(after, pictures.narrow(0, 1, 1))[0],
            aesthetic,
            Change(source, answer),
        ];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _aesthetic?.Dispose();
        _clip.Dispose();
        if (!ReferenceEquals(_aestheticClip, _clip))
        {
            _aestheticClip?.Dispose();
        }
    }

    private static double Change(RgbImage source, RgbImage answer)
    {
        long sum = 0;
        for (int i = 0; i < source.Pixels.Length; i++)
        {
            sum += Math.Abs(source.Pixels[i] - answer.Pixels[i]);
        }
        return sum / 255.0 / source.Pixels.Length;
    }
}
