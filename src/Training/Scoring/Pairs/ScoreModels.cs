using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Scoring.Giqa;

namespace InstructDiffusion.Training.Scoring.Pairs;

/// <summary>The models that scores come from, loaded and known by their hashes.</summary>
internal sealed class ScoreModels : IDisposable
{
    private readonly List<IQualityModel> _qualities = [];
    private readonly List<ModelNote> _notes = [];

    private ScoreModels(ClipScores clip)
    {
        Clip = clip;
    }

    /// <summary>Makes the vectors.</summary>
    public ClipScores Clip { get; }

    /// <summary>Null where aesthetics are not asked for.</summary>
    public AestheticScores? Aesthetic { get; private set; }

    /// <summary>At most one of each kind.</summary>
    public IReadOnlyList<IQualityModel> Qualities => _qualities;

    /// <summary>All of them, for the records.</summary>
    public IReadOnlyList<ModelNote> Notes => _notes;

    /// <summary>Loads them.</summary>
    /// <param name="clip">Folder of a CLIP.</param>
    /// <param name="aesthetic">File of a LAION predictor; null for none. It needs ViT-L/14.</param>
    /// <param name="qualities">Files of fitted models of quality.</param>
    /// <param name="device">For CLIP; the others are small.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="ScoringException">They do not fit together.</exception>
    public static ScoreModels Open(
        string clip,
        string? aesthetic,
        IReadOnlyList<string> qualities,
        string device,
        CancellationToken cancellationToken
    )
    {
        var models = new ScoreModels(ClipScores.Open(clip, device, cancellationToken));
        try
        {
            models.Note("clip", clip, cancellationToken);
            if (aesthetic is not null)
            {
                models.AddAesthetic(aesthetic, cancellationToken);
            }
            foreach (string path in qualities)
            {
                models.AddQuality(path, cancellationToken);
            }
            return models;
        }
        catch
        {
            models.Dispose();
            throw;
        }
    }

    /// <summary>What is known of a CLIP.</summary>
    public static ModelNote NoteOf(string role, string path, CancellationToken cancellationToken)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return new ModelNote(role, name, ModelDigest.Of(path, cancellationToken));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Clip.Dispose();
        Aesthetic?.Dispose();
        _qualities.ForEach(model => model.Dispose());
    }

    private void AddAesthetic(string path, CancellationToken cancellationToken)
    {
        if (Clip.Size != AestheticScores.Size)
        {
            throw new ScoringException(
                $"{path}: aesthetic predictors need CLIP ViT-L/14's vectors of {AestheticScores.Size}, this CLIP gives {Clip.Size}"
            );
        }
        Aesthetic = AestheticScores.Open(path, cancellationToken);
        Note("aesthetic", path, cancellationToken);
    }

    private void AddQuality(string path, CancellationToken cancellationToken)
    {
        (IQualityModel model, QualitySettings settings) = QualityFile.Read(path);
        _qualities.Add(model);
        bool isOfThisClip =
            settings.Clip is null || string.Equals(settings.Clip, _notes[0].Sha256, StringComparison.Ordinal);
        if (model.Features != Clip.Size || !isOfThisClip)
        {
            throw new ScoringException($"{path}: was fitted to the vectors of another CLIP than {_notes[0].Name}");
        }
        if (_qualities.Count(other => other.Kind == model.Kind) > 1)
        {
            throw new ScoringException($"{path}: a second model of the kind {model.Kind}");
        }
        Note(NameOf(model.Kind), path, cancellationToken);
    }

    /// <summary>What the scores of a kind of model begin with.</summary>
    public static string NameOf(QualityKind kind) =>
        kind switch
        {
            QualityKind.Knn => "knn",
            QualityKind.Gmm => "gmm",
            QualityKind.Mbc => "mbc",
            _ => "progress",
        };

    private void Note(string role, string path, CancellationToken cancellationToken) =>
        _notes.Add(NoteOf(role, path, cancellationToken));
}
