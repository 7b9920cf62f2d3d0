using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Segmentation;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data.Segmentation;

/// <summary>ADE20K, Pascal Context, Pascal VOC and sets of one's own as they lie on users' disks, made small.</summary>
public sealed class LabelLayoutsTests : IDisposable
{
    private const int Width = 80;
    private const int Height = 64;

    private readonly DatasetWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    /// <summary>Stored 0 is none of the classes, 1 the first; the names are the first of those that mean the same.</summary>
    [Fact]
    public void Ade20K_Labels_BeginAtOne()
    {
        _workshop.Write("objectInfo150.txt", SmallSets.Ade20KNames);
        _workshop.Picture("images/validation/ADE_val_00000001.jpg", TestImages.Photo(Width, Height));
        _workshop.Write("annotations/validation/ADE_val_00000001.png", LabelFiles.Grey(Width, Height, 8, LabelAt));
        _workshop.Picture("images/validation/ADE_val_00000002.jpg", TestImages.Photo(Width, Height));
        static int LabelAt(int x, int y) =>
            y < 10 ? 0
            : x < 30 ? 1
            : 150;

        LabelledPictures pictures = Open(DataSourceKind.Ade20K, "validation");

        Assert.Equal(("a picture without a map of labels", 1), _workshop.OnlyRejection());
        Assert.Equal("images/validation/ADE_val_00000001.jpg", pictures.NameOf(0));
        RequireClasses(pictures, (x, y) => LabelAt(x, y) == 0 ? LabelMap.None : LabelAt(x, y) - 1);
        Assert.Equal((150, "thing-1", "thing-150"), (pictures.Names.Count, pictures.Names[0], pictures.Names[149]));
    }

    /// <summary>Places in a palette; the background (0) and the border (255) are no class.</summary>
    [Theory]
    [InlineData(DataSourceKind.PascalVoc, "Segmentation", "SegmentationClass", "dog", 20)]
    [InlineData(DataSourceKind.PascalContext, "SegmentationContext", "SegmentationClassContext", "bus", 59)]
    public void Pascal_LabelsOfAList_AreNamed(DataSourceKind kind, string lists, string maps, string twelfth, int count)
    {
        _workshop.Write($"ImageSets/{lists}/val.txt", "2007_000033\n\n2007_000042\n");
        _workshop.Write($"ImageSets/{lists}/train.txt", "2007_000032\n");
        _workshop.Picture("JPEGImages/2007_000033.jpg", TestImages.Photo(Width, Height));
        _workshop.Write($"{maps}/2007_000033.png", LabelFiles.Palette(Width, Height, LabelAt));
        _workshop.Write($"{maps}/2007_000032.png", LabelFiles.Palette(Width, Height, LabelAt));
        static int LabelAt(int x, int y) =>
            y < 10 ? 0
            : y < 12 ? 255
            : x < 30 ? 12
            : 20;

        LabelledPictures pictures = Open(kind, "val");

        Assert.Equal(("a picture without a map of labels", 1), _workshop.OnlyRejection());
        Assert.Equal((1, "JPEGImages/2007_000033.jpg"), (pictures.Count, pictures.NameOf(0)));
        RequireClasses(pictures, (x, y) => LabelAt(x, y) is 0 or 255 ? LabelMap.None : LabelAt(x, y) - 1);
        Assert.Equal((count, twelfth), (pictures.Names.Count, pictures.Names[11]));
        Assert.Equal(count, pictures.Names.Distinct().Count());
    }

    /// <summary>16 bits, for more classes than a byte has; what has no name is no class.</summary>
    [Fact]
    public void OwnMaps_OfSixteenBits_AreNamedByTheirList()
    {
        _workshop.Write("labels.txt", "846: Wet  \n0: road\n12: rail\nnonsense\n70000: beyond\n");
        _workshop.Picture("images/val/a/1.png", TestImages.Photo(Width, Height));
        _workshop.Write("annotations/val/a/1.png", LabelFiles.Grey16(Width, Height, LabelAt));
        static int LabelAt(int x, int y) =>
            y < 10 ? 65535
            : y < 20 ? 13
            : x < 30 ? 846
            : 0;

        LabelledPictures pictures = Open(DataSourceKind.LabelMaps, "val");

        Assert.Equal(["road", "rail", "wet"], pictures.Names);
        RequireClasses(
            pictures,
            (x, y) =>
                LabelAt(x, y) switch
                {
                    846 => 2,
                    0 => 0,
                    _ => LabelMap.None,
                }
        );
    }

    [Fact]
    public void ReadLabels_OneThatCannotBe_IsABrokenSample()
    {
        SmallSets.Lay(_workshop, DataSourceKind.Ade20K);
        _workshop.Write("annotations/validation/ADE_00000001.png", LabelFiles.Grey(96, 72, 8, (_, _) => 151));

        LabelledPictures pictures = Open(DataSourceKind.Ade20K, "validation");

        var error = Assert.Throws<BrokenSampleException>(() => pictures.ReadLabels(0));
        Assert.Contains("label 151, expected 0…150", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadPicture_OfAnotherSize_IsABrokenSample()
    {
        SmallSets.Lay(_workshop, DataSourceKind.PascalVoc);
        LabelledPictures pictures = Open(DataSourceKind.PascalVoc, "val");
        LabelMap labels = pictures.ReadLabels(0);
        _workshop.Picture("JPEGImages/2007_000001.jpg", TestImages.Photo(20, 20));

        var error = Assert.Throws<BrokenSampleException>(() => pictures.ReadPicture(0, labels));
        Assert.Contains("20x20, its labels are 96x72", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DataSourceKind.Ade20K, "objectInfo150.txt", "1\t0.1\t1\t1\tonly one\n", "no line of number 2")]
    [InlineData(DataSourceKind.LabelMaps, "labels.txt", "nothing of the kind", "no line 'label: name'")]
    [InlineData(DataSourceKind.LabelMaps, "labels.txt", "3: a\n3: b", "the label 3 is named twice")]
    [InlineData(
        DataSourceKind.PascalVoc,
        "ImageSets/Segmentation/train.txt",
        "../../etc/passwd",
        "no picture of 'train'"
    )]
    public void Open_ListsOfNothingUsable_AreRefused(DataSourceKind kind, string file, string content, string message)
    {
        SmallSets.Lay(_workshop, kind);
        _workshop.Write(file, content);

        var error = Assert.Throws<DatasetException>(() => _workshop.Open(kind));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    /// <summary>A training pair of such a set: the half-covered class, computed here from the label function.</summary>
    [Fact]
    public void Read_OfADataset_CoversHalfTheClassThatIsAskedFor()
    {
        SmallSets.Lay(_workshop, DataSourceKind.PascalVoc);
        IEditDataset set = _workshop.Open(DataSourceKind.PascalVoc, source => source with { Augment = false });
        int dogs = 0;

        for (int position = 0; position < 40; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position);
            bool isDog = sample.Instruction.Contains("dog", StringComparison.Ordinal);
            dogs += isDog ? 1 : 0;
            NamedColor color = NamedColor.Segmentation.Single(c =>
                sample.Instruction.Contains($" {c.Name}", StringComparison.Ordinal)
            );
            byte[] expected = sample.Source.Pixels.ToArray();
            byte[] channels = [color.Red, color.Green, color.Blue];
            for (int i = 0; i < expected.Length; i++)
            {
                // The middle 72 columns of 96 become 64; the dog lies left of column 40.
                bool isCovered = isDog && 12 + (int)((i / 3 % 64 + 0.5) * 72 / 64) < 40;
                expected[i] = isCovered ? (byte)((expected[i] + channels[i % 3] + 1) / 2) : expected[i];
            }
            Assert.Equal(expected, sample.Target.Pixels.ToArray());
        }
        Assert.InRange(dogs, 20, 39); // four of five
    }

    private LabelledPictures Open(DataSourceKind kind, string split)
    {
        var opening = new DatasetOpening
        {
            Source = new DataSourceRecipe
            {
                Kind = kind,
                Path = _workshop.Root,
                Split = split,
            },
            Resolution = 64,
            Rejections = _workshop.Rejections,
        };
        return LabelledPictures.Open(opening, split);
    }

    private static void RequireClasses(LabelledPictures pictures, Func<int, int, int> classAt)
    {
        LabelMap labels = pictures.ReadLabels(0);

        Assert.Equal((Width, Height), (labels.Width, labels.Height));
        Assert.Equal(
            Enumerable.Range(0, Width * Height).Select(i => classAt(i % Width, i / Width)),
            labels.Values.Select(value => (int)value)
        );
        RgbImage picture = pictures.ReadPicture(0, labels);
        Assert.Equal((Width, Height), (picture.Width, picture.Height));
    }
}
