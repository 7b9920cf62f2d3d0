using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data.Segmentation;

/// <summary>COCO-Stuff as it lies on users' disks, made small.</summary>
public sealed class CocoStuffDatasetTests : IDisposable
{
    private const int Side = 64;
    private const int Width = 90;
    private const int Height = 60;

    private readonly DatasetWorkshop _workshop = new();
    private readonly RgbImage _picture;

    public CocoStuffDatasetTests()
    {
        _workshop.Picture("images/train2017/000000000009.jpg", TestImages.Photo(Width, Height));
        _picture = _workshop.Decoded("images/train2017/000000000009.jpg");
        Labels((x, y) => LabelAt(x, y));
        Names(id => $"Class-{id}");
    }

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Read_CoversHalfEverythingOfOneClass_OrAsksForOneThatIsNotThere()
    {
        IEditDataset set = _workshop.Open(DataSourceKind.CocoStuff, source => source with { Augment = false });
        const int Samples = 200;
        int absent = 0;
        var classes = new HashSet<int>();

        for (int position = 0; position < Samples; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position);
            (int label, NamedColor color) = Parse(sample.Instruction);
            AssertCovered(sample, label, color, left: 15, roundsDown: false);
            absent += label is 0 or 17 or 181 ? 0 : 1;
            classes.Add(label);
            Assert.Equal("segmentation", sample.Task);
        }

        Assert.InRange(absent, Samples * 0.1, Samples * 0.3);
        Assert.Superset(new HashSet<int> { 0, 17, 181 }, classes);
        Assert.Equal(Picture(15).Pixels, DatasetWorkshop.Read(set, 0).Source.Pixels);
    }

    [Fact]
    public void Read_Augmented_CutsAndMirrorsBothAlike()
    {
        IEditDataset set = _workshop.Open(DataSourceKind.CocoStuff);
        var offsets = new HashSet<int>();
        int mirrored = 0;

        for (int position = 0; position < 100; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position);
            (int label, NamedColor color) = Parse(sample.Instruction);
            int left = OffsetOf(sample.Source);
            bool isMirrored = left < 0;
            if (isMirrored)
            {
                sample = sample with { Source = Mirrored(sample.Source), Target = Mirrored(sample.Target) };
                left = OffsetOf(sample.Source);
                mirrored++;
            }
            AssertCovered(sample, label, color, left, roundsDown: false);
            offsets.Add(left);
        }

        Assert.InRange(mirrored, 30, 70);
        Assert.InRange(offsets.Count, 20, 31);
    }

    [Fact]
    public void Read_NothingLabeled_LeavesThePictureUnchanged()
    {
        Labels((_, _) => 255);

        EditSample sample = DatasetWorkshop.Read(_workshop.Open(DataSourceKind.CocoStuff), 0);

        Assert.Equal(sample.Source.Pixels, sample.Target.Pixels);
        Assert.Equal("Leave the image unchanged.", sample.Instruction);
    }

    [Fact]
    public void Read_AsReleased_RoundsDown()
    {
        IEditDataset set = _workshop.Open(
            DataSourceKind.CocoStuff,
            source => source with { Augment = false, AsReleased = [ReleasedDefect.TruncatedOverlay] }
        );

        for (int position = 0; position < 20; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position);
            (int label, NamedColor color) = Parse(sample.Instruction);
            AssertCovered(sample, label, color, left: 15, roundsDown: true);
        }
    }

    [Fact]
    public void Describe_AsReleased_AsksForPresentClassesAsAbsent()
    {
        // Every class but the last is there.
        Labels((x, y) => ((y / 4 * 15) + (x / 4)) % 181);

        // The authors' loop misses every other class that it should take off its list: 91 stay, not one.
        Assert.InRange(AsksForTheLast(), 60, 140);
        Assert.InRange(AsksForTheLast(ReleasedDefect.AbsentListGaps), 0, 12);

        int AsksForTheLast(params ReleasedDefect[] defects)
        {
            IEditDataset set = _workshop.Open(DataSourceKind.CocoStuff, source => source with { AsReleased = defects });
            return Enumerable
                .Range(0, 500)
                .Select(i => set.Describe(0, DatasetWorkshop.Augmentation(i), default).Instruction)
                .Count(instruction => instruction.Contains("class-182", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Describe_SaysWhatReadDoes()
    {
        IEditDataset set = _workshop.Open(DataSourceKind.CocoStuff);

        for (int position = 0; position < 20; position++)
        {
            Assert.Equal(
                DatasetWorkshop.Read(set, 0, position).Instruction,
                set.Describe(0, DatasetWorkshop.Augmentation(position), DatasetWorkshop.Phrasing(position)).Instruction
            );
        }
    }

    [Fact]
    public void Open_PictureWithoutMap_IsRejected()
    {
        _workshop.Picture("images/train2017/000000000010.jpg", TestImages.Photo(20, 20));

        Assert.Equal(1, _workshop.Open(DataSourceKind.CocoStuff).Count);
        Assert.Equal(("a picture without a map of labels", 1), _workshop.OnlyRejection());
    }

    [Fact]
    public void Open_NamesWithAGap_AreRefused()
    {
        Names(id => id == 60 ? null : "name");

        var thrown = Assert.Throws<DatasetException>(() => _workshop.Open(DataSourceKind.CocoStuff));

        Assert.Contains("no line '60: name'", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MapOfAnotherKind_IsABrokenSample()
    {
        IEditDataset set = _workshop.Open(DataSourceKind.CocoStuff);

        _workshop.Picture("annotations/train2017/000000000009.png", TestImages.Photo(Width, Height));
        Assert.Contains("expected a PNG of grey levels or of a palette", Refusal(), StringComparison.Ordinal);
        Labels((_, _) => 200);
        Assert.Contains("label 200, expected 0…181 or 255", Refusal(), StringComparison.Ordinal);
        _workshop.Write("annotations/train2017/000000000009.png", [1, 2, 3]);
        Assert.Contains("expected a PNG", Refusal(), StringComparison.Ordinal);

        string Refusal() => Assert.Throws<BrokenSampleException>(() => DatasetWorkshop.Read(set, 0)).Message;
    }

    private static int LabelAt(int x, int y) =>
        x < 40 ? 17
        : y < 20 ? 0
        : x > 80 ? 255
        : 181;

    private static (int Label, NamedColor Color) Parse(string instruction)
    {
        int at = instruction.IndexOf("class-", StringComparison.Ordinal) + "class-".Length;
        string digits = string.Concat(instruction[at..].TakeWhile(char.IsDigit));
        NamedColor color = NamedColor.Segmentation.Single(c =>
            instruction.Contains($" {c.Name}", StringComparison.Ordinal)
        );
        return (int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) - 1, color);
    }

    private static void AssertCovered(EditSample sample, int label, NamedColor color, int left, bool roundsDown)
    {
        byte[] expected = sample.Source.Pixels.ToArray();
        byte[] channels = [color.Red, color.Green, color.Blue];
        for (int i = 0; i < expected.Length; i++)
        {
            (int x, int y) = (
                left + (int)((i / 3 % Side + 0.5) * Height / Side),
                (int)((i / 3 / Side + 0.5) * Height / Side)
            );
            if (LabelAt(x, y) == label)
            {
                expected[i] = (byte)Math.Floor(0.5 * expected[i] + 0.5 * channels[i % 3] + (roundsDown ? 0 : 0.5));
            }
        }
        Assert.Equal(expected, sample.Target.Pixels.ToArray());
    }

    private int OffsetOf(RgbImage part)
    {
        for (int left = 0; left <= Width - Height; left++)
        {
            if (Picture(left).Pixels.SequenceEqual(part.Pixels))
            {
                return left;
            }
        }
        return -1;
    }

    private RgbImage Picture(int left)
    {
        var pixels = new byte[Height * Height * 3];
        for (int y = 0; y < Height; y++)
        {
            _picture.Pixels.Slice((y * Width + left) * 3, Height * 3).CopyTo(pixels.AsSpan(y * Height * 3));
        }
        return ImageResizer.Resize(
            new RgbImage(Height, Height, pixels),
            new ImageSize(Side, Side),
            ResizeFilter.Lanczos3
        );
    }

    private static RgbImage Mirrored(RgbImage image)
    {
        var pixels = new byte[image.Pixels.Length];
        for (int i = 0; i < image.Width * image.Height; i++)
        {
            int from = i - i % image.Width + image.Width - 1 - i % image.Width;
            image.Pixels.Slice(from * 3, 3).CopyTo(pixels.AsSpan(i * 3));
        }
        return new RgbImage(image.Width, image.Height, pixels);
    }

    private void Labels(Func<int, int, int> labelAt)
    {
        var pixels = new byte[Width * Height * 3];
        for (int i = 0; i < Width * Height; i++)
        {
            pixels.AsSpan(i * 3, 3).Fill((byte)labelAt(i % Width, i / Width));
        }
        byte[] png = TestImageFiles.Grey(new RgbImage(Width, Height, pixels), ImageFileFormat.Png);
        _workshop.Write("annotations/train2017/000000000009.png", png);
    }

    private void Names(Func<int, string?> nameOf) =>
        _workshop.Write(
            "labels.txt",
            string.Join(
                '\n',
                Enumerable
                    .Range(0, 183)
                    .Select(id =>
                        id == 0 ? "0: unlabeled"
                        : nameOf(id) is { } name ? $"{id}: {name}"
                        : ""
                    )
            )
        );
}
