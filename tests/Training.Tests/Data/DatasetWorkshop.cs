using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data;

/// <summary>A folder in which a test lays out a data set as it lies on users' disks.</summary>
internal sealed class DatasetWorkshop : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>The data set's folder; a folder beside it is outside.</summary>
    public string Root => _folder.Of("set");

    /// <summary>What the last opening left out.</summary>
    public RejectionLog Rejections { get; private set; } = new();

    public DatasetWorkshop() => Directory.CreateDirectory(Root);

    public static CounterRandom Augmentation(long position) => new(23, RandomPurpose.Augmentation, position);

    public static CounterRandom Phrasing(long position) => new(23, RandomPurpose.Phrasing, position);

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Writes a picture, without loss as PNG.</summary>
    public RgbImage Picture(string name, RgbImage image)
    {
        Write(name, Encode(image, name));
        return image;
    }

    /// <summary>A picture file of the kind that its name says.</summary>
    public static byte[] Encode(RgbImage image, string name) =>
        Path.GetExtension(name) is ".jpg" or ".jpeg"
            ? TestImageFiles.Jpeg(image)
            : ImageCodec.Encode(image, ImageFileFormat.Png);

    /// <summary>What a decoder makes of a picture file: for JPEG, which is not what was encoded.</summary>
    public RgbImage Decoded(string name) =>
        ImageCodec.Decode(File.ReadAllBytes(Path.Combine(Root, name)), ImageDecodeLimits.Default, upright: false).Image;

    public IEditDataset Open(DataSourceKind kind, Func<DataSourceRecipe, DataSourceRecipe>? change = null) =>
        Open(kind, 64, change);

    public IEditDataset Open(
        DataSourceKind kind,
        int resolution,
        Func<DataSourceRecipe, DataSourceRecipe>? change = null
    )
    {
        var source = new DataSourceRecipe { Kind = kind, Path = Root };
        Rejections = new RejectionLog();
        return DatasetFactory.Open(
            new DatasetOpening
            {
                Source = change?.Invoke(source) ?? source,
                Resolution = resolution,
                Rejections = Rejections,
            }
        );
    }

    /// <summary>Reads a pair as a run at this position would.</summary>
    public static EditSample Read(IEditDataset dataset, long index, long position = 0) =>
        dataset.Read(index, Augmentation(position), Phrasing(position));

    /// <summary>The only reason for which something was rejected, and how often.</summary>
    public (string Reason, long Count) OnlyRejection()
    {
        Rejection rejection = Assert.Single(Rejections.Rejected);
        return (rejection.Reason, rejection.Count);
    }

    public void Dispose() => _folder.Dispose();
}
