using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Data.Pairs;

/// <summary>Pairs whose pictures are files of the data set's folder.</summary>
/// <param name="root">The folder.</param>
/// <param name="pictures">Decodes.</param>
/// <param name="pairs">The pairs.</param>
internal sealed class FilePairs(DatasetRoot root, SamplePictures pictures, IReadOnlyList<FilePair> pairs) : IPairSource
{
    /// <inheritdoc/>
    public long Count => pairs.Count;

    /// <inheritdoc/>
    public string NameOf(long index) => pairs[(int)index].Target;

    /// <inheritdoc/>
    public PairText TextOf(long index) => pairs[(int)index].Text;

    /// <inheritdoc/>
    public (RgbImage Source, RgbImage Target) PicturesOf(long index)
    {
        FilePair pair = pairs[(int)index];
        return (pictures.Read(root, pair.Source), pictures.Read(root, pair.Target));
    }

    /// <summary>What stands for the files in a fingerprint.</summary>
    public IEnumerable<string> Contents =>
        DatasetIdentity.OfFiles(root, pairs.SelectMany(pair => new[] { pair.Source, pair.Target }));
}

/// <summary>Two files and what is to be done.</summary>
/// <param name="Source">Before; relative to the data set's folder.</param>
/// <param name="Target">After.</param>
/// <param name="Text">In words.</param>
internal sealed record FilePair(string Source, string Target, PairText Text);
