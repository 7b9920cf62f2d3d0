using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data;

/// <summary>What a data set is opened with.</summary>
internal sealed record DatasetOpening
{
    private DatasetRoot? _root;

    /// <summary>Of the recipe, checked.</summary>
    public required DataSourceRecipe Source { get; init; }

    /// <summary>Side of the pictures.</summary>
    public required int Resolution { get; init; }

    /// <summary>Told what is left out.</summary>
    public RejectionLog Rejections { get; init; } = new();

    /// <summary>Told the sizes of the pictures; null for nobody.</summary>
    public PictureStatistics? Statistics { get; init; }

    /// <summary>Ends a long opening.</summary>
    public CancellationToken CancellationToken { get; init; }

    /// <summary>The source's folder.</summary>
    /// <exception cref="DatasetException">There is none.</exception>
    public DatasetRoot Root => _root ??= new DatasetRoot(Source.Path, Source.FollowLinks);

    /// <summary>The part that is read.</summary>
    public string SplitOr(string usual) => Source.Split ?? usual;

    /// <summary>Whether samples of a part are cropped, turned and mirrored at random.</summary>
    public bool Augments(string split) => Source.Augment ?? split.StartsWith("train", StringComparison.Ordinal);

    /// <summary>Decodes the source's pictures as stored.</summary>
    public SamplePictures StoredPictures => new(Statistics);

    /// <summary>Decodes the source's pictures upright, unless the authors' way is asked for.</summary>
    public SamplePictures UprightPictures =>
        new(Statistics, upright: !Source.Reproduces(ReleasedDefect.IgnoresOrientation));
}
