using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>The pictures of a part of a data set, each with a map of labels. Any number of threads may read.</summary>
internal sealed class LabelledPictures
{
    private readonly DatasetRoot _root;
    private readonly SamplePictures _pictures;
    private readonly LabelLayout _layout;

    private LabelledPictures(DatasetOpening opening, LabelLayout layout)
    {
        _root = opening.Root;
        _pictures = opening.StoredPictures;
        _layout = layout;
    }

    /// <summary>Pictures, at least one.</summary>
    public int Count => _layout.Files.Count;

    /// <summary>Names of the classes, lower case.</summary>
    public IReadOnlyList<string> Names => _layout.Names;

    /// <summary>Stand for the files: names and lengths.</summary>
    public IEnumerable<string> Contents =>
        DatasetIdentity.OfFiles(_root, _layout.Files.SelectMany(file => new[] { file.Image, file.Map }));

    /// <summary>Opens a part.</summary>
    /// <param name="opening">Of one of the kinds that have maps of labels.</param>
    /// <param name="split">The part.</param>
    /// <exception cref="DatasetException">A folder or a list is missing, or no picture has a map.</exception>
    public static LabelledPictures Open(DatasetOpening opening, string split)
    {
        LabelLayout layout = LabelLayouts.Of(opening, split);
        return layout.Files.Count > 0
            ? new LabelledPictures(opening, layout)
            : throw new DatasetException($"{opening.Source.Path}: no picture of '{split}' has a map of labels");
    }

    /// <summary>The file of a picture, relative to the set's folder.</summary>
    public string NameOf(int index) => _layout.Files[index].Image;

    /// <summary>The classes of a picture's pixels.</summary>
    /// <exception cref="BrokenSampleException">The map is missing, of another kind, damaged, or has a label that is none.</exception>
    public LabelMap ReadLabels(int index)
    {
        string name = _layout.Files[index].Map;
        ImageDecodeLimits limits = SamplePictures.Limits;
        LabelMap stored = LabelPng.Read(_root.Read(name, limits.MaxBytes), name, limits);
        var classes = new Dictionary<ushort, ushort>();
        foreach (ushort label in stored.Values.Distinct())
        {
            classes[label] =
                _layout.ClassOf(label) ?? throw new BrokenSampleException($"{name}: label {label}, {_layout.Expected}");
        }
        return stored with { Values = [.. stored.Values.Select(label => classes[label])] };
    }

    /// <summary>A picture, whose size must be that of its labels.</summary>
    /// <exception cref="BrokenSampleException">It is missing, damaged, or of another size.</exception>
    public RgbImage ReadPicture(int index, LabelMap labels)
    {
        RgbImage picture = _pictures.Read(_root, NameOf(index));
        return (picture.Width, picture.Height) == (labels.Width, labels.Height)
            ? picture
            : throw new BrokenSampleException(
                $"{NameOf(index)}: {picture.Width}x{picture.Height}, its labels are {labels.Width}x{labels.Height}"
            );
    }
}
