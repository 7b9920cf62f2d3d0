using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data.Restoration;

/// <summary>GoPro, REDS, SIDD and CLWD as they lie on users' disks, made small.</summary>
public sealed class RestorationSetsTests : IDisposable
{
    private const int Side = 64;

    private readonly DatasetWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    public static TheoryData<DataSourceKind, string, string, string> Layouts =>
        new()
        {
            {
                DataSourceKind.GoPro,
                "train/input/GOPR0372_07_00-000047.png",
                "train/target/GOPR0372_07_00-000047.png",
                "deblur"
            },
            { DataSourceKind.Reds, "train/blur/007/00000012.png", "train/sharp/007/00000012.png", "deblur" },
            { DataSourceKind.Sidd, "train/input/0001_NOISY_SRGB_010.PNG", "train/gt/0001_GT_SRGB_010.PNG", "denoise" },
            { DataSourceKind.Clwd, "train/Watermarked_image/1.jpg", "train/Watermark_free_image/1.jpg", "watermark" },
        };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Read_EachLayout_CutsTheSamePartOfBoth(DataSourceKind kind, string source, string target, string task)
    {
        _workshop.Picture(source, TestImages.Photo(120, 90, 1));
        _workshop.Picture(target, TestImages.Photo(120, 90, 2));
        RgbImage before = _workshop.Decoded(source);
        RgbImage after = _workshop.Decoded(target);
        if (kind != DataSourceKind.Sidd)
        {
            // int(64·120/90) = 85
            before = ImageResizer.Resize(before, new ImageSize(85, Side), ResizeFilter.Lanczos3);
            after = ImageResizer.Resize(after, new ImageSize(85, Side), ResizeFilter.Lanczos3);
        }
        IEditDataset set = _workshop.Open(kind);
        var places = new HashSet<(int, int)>();
        int mirrored = 0;

        for (int position = 0; position < 60; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position);
            bool isMirrored = Find(before, sample.Source.Pixels, mirrored: false) is null;
            (int Left, int Top) place = Find(before, sample.Source.Pixels, isMirrored)!.Value;
            Assert.Equal(Part(after, place, isMirrored), sample.Target.Pixels.ToArray());
            Assert.Equal(task, sample.Task);
            mirrored += isMirrored ? 1 : 0;
            places.Add(place);
        }

        Assert.InRange(mirrored, 15, 45);
        Assert.InRange(places.Count, 10, 60);
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Describe_HasTheTasksPhrasings_AndItsPrefixWhenAskedFor(
        DataSourceKind kind,
        string source,
        string target,
        string task
    )
    {
        _workshop.Picture(source, TestImages.Photo(80, 80));
        _workshop.Picture(target, TestImages.Photo(80, 80));
        IEditDataset set = _workshop.Open(kind, recipe => recipe with { TaskPrefix = true });
        string prefix = task switch
        {
            "deblur" => "Image Deblurring: ",
            "denoise" => "Image Denoising: ",
            _ => "Watermark Removal: ",
        };

        string[] words =
        [
            .. Enumerable.Range(0, 100).Select(i => set.Describe(0, default, DatasetWorkshop.Phrasing(i)).Instruction),
        ];

        Assert.Equal(10, words.Distinct().Count());
        Assert.All(words, word => Assert.StartsWith(prefix, word, StringComparison.Ordinal));
        Assert.StartsWith(
            prefix,
            _workshop
                .Open(kind, recipe => recipe with { TaskPrefix = true, HeldOutPhrasings = true })
                .Describe(0, default, DatasetWorkshop.Phrasing(1))
                .Instruction,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Open_PicturesWithoutPartner_AreNamed()
    {
        foreach (string name in (string[])["1", "2", "3"])
        {
            _workshop.Picture($"train/input/{name}.png", TestImages.Plain(8, 8, 1, 1, 1));
            _workshop.Picture($"train/target/{(name == "2" ? "4" : name)}.png", TestImages.Plain(8, 8, 1, 1, 1));
        }

        var thrown = Assert.Throws<DatasetException>(() => _workshop.Open(DataSourceKind.GoPro));

        Assert.Contains(
            "2 pictures have no partner of the same name, e.g. train/input/2.png, train/target/4.png",
            thrown.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Read_AsReleased_PairsByOrder()
    {
        _workshop.Picture("train/input/a.png", TestImages.Plain(64, 64, 10, 0, 0));
        _workshop.Picture("train/input/b.png", TestImages.Plain(64, 64, 20, 0, 0));
        _workshop.Picture("train/target/b.png", TestImages.Plain(64, 64, 21, 0, 0));
        _workshop.Picture("train/target/c.png", TestImages.Plain(64, 64, 31, 0, 0));

        IEditDataset set = _workshop.Open(
            DataSourceKind.GoPro,
            source => source with { AsReleased = [ReleasedDefect.PairsByOrder] }
        );

        Assert.Equal(2, set.Count);
        EditSample sample = DatasetWorkshop.Read(set, 0);
        Assert.Equal((10, 21), (sample.Source.Pixels[0], sample.Target.Pixels[0]));
        File.Delete(Path.Combine(_workshop.Root, "train/target/c.png"));
        Assert.Throws<DatasetException>(() =>
            _workshop.Open(DataSourceKind.GoPro, source => source with { AsReleased = [ReleasedDefect.PairsByOrder] })
        );
    }

    [Fact]
    public void Open_TwoFilesOfOneName_AreRefused()
    {
        _workshop.Picture("train/input/a.png", TestImages.Plain(8, 8, 1, 1, 1));
        _workshop.Picture("train/input/a.jpg", TestImages.Plain(8, 8, 1, 1, 1));
        _workshop.Picture("train/target/a.png", TestImages.Plain(8, 8, 1, 1, 1));

        var thrown = Assert.Throws<DatasetException>(() => _workshop.Open(DataSourceKind.GoPro));

        Assert.Contains("a.jpg and a.png have the same name", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ValidationSplit_OfRedsIsFlat_AndNotAugmented()
    {
        _workshop.Picture("val/blur/1.png", TestImages.Photo(90, 70));
        _workshop.Picture("val/sharp/1.png", TestImages.Photo(90, 70));
        IEditDataset set = _workshop.Open(DataSourceKind.Reds, source => source with { Split = "val" });

        Assert.Equal(DatasetWorkshop.Read(set, 0, 1).Source.Pixels, DatasetWorkshop.Read(set, 0, 2).Source.Pixels);
    }

    [Fact]
    public void Read_SizesThatDiffer_AreABrokenSample()
    {
        _workshop.Picture("train/input/1.png", TestImages.Photo(90, 70));
        _workshop.Picture("train/target/1.png", TestImages.Photo(91, 70));

        var thrown = Assert.Throws<BrokenSampleException>(() =>
            DatasetWorkshop.Read(_workshop.Open(DataSourceKind.GoPro), 0)
        );

        Assert.Contains("train/target/1.png: the source is 90x70", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_GreyAndTransparentPictures_AreReadAsColors()
    {
        RgbImage photo = TestImages.Photo(70, 70);
        _workshop.Write("train/input/1.png", TestImageFiles.Grey(photo, ImageFileFormat.Png));
        _workshop.Write(
            "train/target/1.png",
            ImageCodec.Encode(photo, ImageFileFormat.Png, alpha: TestImages.FadingAlpha(70, 70))
        );

        EditSample sample = DatasetWorkshop.Read(_workshop.Open(DataSourceKind.GoPro), 0);

        Assert.Equal(sample.Source.Pixels[0], sample.Source.Pixels[1]);
    }

    [Fact]
    public void Fingerprint_ChangesWithFilesResolutionAndDefects_NotWithPhrasings()
    {
        _workshop.Picture("train/input/1.png", TestImages.Photo(70, 70));
        _workshop.Picture("train/target/1.png", TestImages.Photo(70, 70));
        string one = _workshop.Open(DataSourceKind.GoPro).Fingerprint;

        Assert.Equal(one, _workshop.Open(DataSourceKind.GoPro).Fingerprint);
        Assert.Equal(
            one,
            _workshop.Open(DataSourceKind.GoPro, s => s with { HeldOutPhrasings = true, Weight = 3 }).Fingerprint
        );
        Assert.NotEqual(one, _workshop.Open(DataSourceKind.GoPro, 32).Fingerprint);
        Assert.NotEqual(one, _workshop.Open(DataSourceKind.GoPro, s => s with { Flip = 0 }).Fingerprint);
        Assert.NotEqual(
            one,
            _workshop.Open(DataSourceKind.GoPro, s => s with { AsReleased = [ReleasedDefect.All] }).Fingerprint
        );
        _workshop.Picture("train/target/1.png", TestImages.Photo(70, 70, 5));
        Assert.NotEqual(one, _workshop.Open(DataSourceKind.GoPro).Fingerprint);
    }

    private static (int Left, int Top)? Find(RgbImage whole, ReadOnlySpan<byte> part, bool mirrored)
    {
        for (int top = 0; top <= whole.Height - Side; top++)
        {
            for (int left = 0; left <= whole.Width - Side; left++)
            {
                if (Part(whole, (left, top), mirrored).AsSpan().SequenceEqual(part))
                {
                    return (left, top);
                }
            }
        }
        return null;
    }

    private static byte[] Part(RgbImage whole, (int Left, int Top) at, bool mirrored)
    {
        var part = new byte[Side * Side * 3];
        for (int i = 0; i < Side * Side; i++)
        {
            int column = mirrored ? Side - 1 - i % Side : i % Side;
            whole
                .Pixels.Slice(((at.Top + i / Side) * whole.Width + at.Left + column) * 3, 3)
                .CopyTo(part.AsSpan(3 * i));
        }
        return part;
    }
}
