using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data.General;

public sealed class TripleFilesTests : IDisposable
{
    private readonly DatasetWorkshop _workshop = new();
    private readonly RgbImage _before;
    private readonly RgbImage _after;

    public TripleFilesTests()
    {
        _before = _workshop.Picture("source/one.png", TestImages.Photo(80, 60, 1));
        _after = _workshop.Picture("target/one.png", TestImages.Photo(90, 70, 2));
    }

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Read_Folders_SquashesAndMirrorsBothAlike()
    {
        _workshop.Write("instruction/one.txt", "make it blue\n\n  paint it blue \n");
        IEditDataset set = _workshop.Open(DataSourceKind.Triples);

        EditSample[] samples = [.. Enumerable.Range(0, 40).Select(i => DatasetWorkshop.Read(set, 0, i))];

        RgbImage source = Squashed(_before);
        RgbImage target = Squashed(_after);
        Assert.Equal(1, set.Count);
        foreach (EditSample sample in samples)
        {
            bool isMirrored = !sample.Source.Pixels.SequenceEqual(source.Pixels);
            Assert.Equal(isMirrored ? Mirrored(source) : source.Pixels.ToArray(), sample.Source.Pixels.ToArray());
            Assert.Equal(isMirrored ? Mirrored(target) : target.Pixels.ToArray(), sample.Target.Pixels.ToArray());
        }
        Assert.Equal(
            ["make it blue", "paint it blue"],
            samples.Select(sample => sample.Instruction).Distinct().Order(StringComparer.Ordinal)
        );
        int mirrored = samples.Count(sample => !sample.Source.Pixels.SequenceEqual(source.Pixels));
        Assert.InRange(mirrored, 10, 30);
        Assert.All(samples, sample => Assert.Equal("editing", sample.Task));
    }

    [Fact]
    public void Read_TheSamePosition_GivesTheSameSample_AndDescribesIt()
    {
        _workshop.Write("instruction/one.txt", "a\nb\nc");
        IEditDataset set = _workshop.Open(DataSourceKind.Triples);

        for (int position = 0; position < 8; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position);
            EditSample again = DatasetWorkshop.Read(set, 0, position);

            Assert.Equal(sample.Source.Pixels, again.Source.Pixels);
            Assert.Equal(
                (sample.Instruction, sample.Task),
                set.Describe(0, DatasetWorkshop.Augmentation(position), DatasetWorkshop.Phrasing(position))
            );
        }
    }

    [Fact]
    public void Read_InstructionThatNamesASide_IsNeverMirrored_UnlessAsReleased()
    {
        _workshop.Write("instruction/one.txt", "remove the man\nremove the man on the LEFT");
        byte[] plain = Squashed(_before).Pixels.ToArray();

        Assert.Equal(0, Mirrorings(_workshop.Open(DataSourceKind.Triples)));
        Assert.NotEqual(
            0,
            Mirrorings(
                _workshop.Open(
                    DataSourceKind.Triples,
                    source => source with { AsReleased = [ReleasedDefect.FlipsSides] }
                )
            )
        );

        int Mirrorings(IEditDataset set) =>
            Enumerable.Range(0, 20).Count(i => !DatasetWorkshop.Read(set, 0, i).Source.Pixels.SequenceEqual(plain));
    }

    [Fact]
    public void Open_Lines_HaveWordingsAndTasks()
    {
        string path = _workshop.Write(
            "triples.jsonl",
            """
            {"source": "source/one.png", "target": "target/one.png", "instruction": "tint it", "seed": 3}

            {"source": "source/one.png", "target": "target/one.png", "instructions": ["clean it", "clean up"], "task": "denoise"}
            """
        );

        IEditDataset set = _workshop.Open(DataSourceKind.Triples, source => source with { Path = path });

        Assert.Equal(2, set.Count);
        Assert.Equal(("tint it", "editing"), Words(set, 0));
        Assert.Equal("denoise", Words(set, 1).Task);
        Assert.Contains(Words(set, 1).Instruction, (string[])["clean it", "clean up"]);
    }

    [Fact]
    public void Open_Table_ReadsQuotedFields()
    {
        string path = _workshop.Write(
            "triples.csv",
            "target,source,instruction,task\n"
                + "target/one.png,source/one.png,\"make it \"\"blue\"\", please\",\n"
                + "target/one.png,source/one.png,sharpen it,deblur\n"
        );

        IEditDataset set = _workshop.Open(DataSourceKind.Triples, source => source with { Path = path });

        Assert.Equal(("make it \"blue\", please", "editing"), Words(set, 0));
        Assert.Equal(("sharpen it", "deblur"), Words(set, 1));
    }

    [Theory]
    [InlineData("""{"source": "source/one.png", "instruction": "x"}""", "no source or no target")]
    [InlineData("""{"source": "source/one.png", "target": "target/one.png"}""", "no instruction")]
    [InlineData("""{"source": "source/one.png", "target": "target/one.png", "instruction": " "}""", "no instruction")]
    [InlineData(
        """{"source": "source/one.png", "target": "target/two.png", "instruction": "x"}""",
        "missing or outside"
    )]
    [InlineData("""{"source": "../../../etc/hostname", "target": "target/one.png", "instruction": "x"}""", "outside")]
    [InlineData("""{"source": "/etc/hostname", "target": "target/one.png", "instruction": "x"}""", "outside")]
    [InlineData("""{"source": 7, "target": "target/one.png", "instruction": "x"}""", "not of the expected shape")]
    [InlineData(
        """{"source": "source/one.png", "target": "target/one.png", "instruction": "x", "task": "A b"}""",
        "a task"
    )]
    [InlineData("rubbish", "not of the expected shape")]
    public void Open_UnusableLine_IsRejectedWithItsReason(string line, string reason)
    {
        string path = _workshop.Write(
            "triples.jsonl",
            line + "\n" + """{"source": "source/one.png", "target": "target/one.png", "instruction": "good"}"""
        );

        IEditDataset set = _workshop.Open(DataSourceKind.Triples, source => source with { Path = path });

        Assert.Equal(1, set.Count);
        Assert.Contains(reason, _workshop.OnlyRejection().Reason, StringComparison.Ordinal);
        Assert.Equal(1, _workshop.OnlyRejection().Count);
    }

    [Fact]
    public void Open_RowWithOtherColumns_IsRejected_AndMissingColumnIsNamed()
    {
        string path = _workshop.Write(
            "triples.csv",
            "source,target,instruction\nsource/one.png,target/one.png,good\nsource/one.png,target/one.png\n"
        );
        string other = _workshop.Write("other.csv", "source,target,words\na,b,c\n");

        Assert.Equal(1, _workshop.Open(DataSourceKind.Triples, source => source with { Path = path }).Count);
        Assert.Equal(("a row with another number of columns", 1), _workshop.OnlyRejection());
        Assert.Contains(
            "no column 'instruction'",
            Assert
                .Throws<DatasetException>(() =>
                    _workshop.Open(DataSourceKind.Triples, source => source with { Path = other })
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("triples.jsonl", "a line of over 1048576 characters")]
    [InlineData("triples.csv", "maximum")]
    public void Open_LineWithoutEnd_IsRefused(string name, string message)
    {
        // For a table: a quote that is never closed.
        string text = "source,target,instruction\n\"" + new string('x', 18_000_000);
        string path = _workshop.Write(name, text);

        var thrown = Assert.Throws<DatasetException>(() =>
            _workshop.Open(DataSourceKind.Triples, source => source with { Path = path })
        );

        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FoldersWithGaps_CountsThem()
    {
        _workshop.Write("instruction/one.txt", "do");
        _workshop.Picture("target/two.png", TestImages.Plain(8, 8, 1, 2, 3));
        _workshop.Picture("target/three.png", TestImages.Plain(8, 8, 1, 2, 3));
        _workshop.Picture("source/three.png", TestImages.Plain(8, 8, 1, 2, 3));

        Assert.Equal(1, _workshop.Open(DataSourceKind.Triples).Count);

        Assert.Equal(
            ["no instruction of this name", "no source of this name"],
            _workshop.Rejections.Rejected.Select(r => r.Reason).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Open_NothingUsable_IsAnErrorThatSaysWhy()
    {
        string path = _workshop.Write(
            "triples.jsonl",
            """{"source": "a.png", "target": "b.png", "instruction": "x"}"""
        );

        var thrown = Assert.Throws<DatasetException>(() =>
            _workshop.Open(DataSourceKind.Triples, source => source with { Path = path })
        );

        Assert.Contains("a picture that is missing", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BrokenPicture_IsABrokenSample()
    {
        _workshop.Write("instruction/one.txt", "do");
        byte[] whole = File.ReadAllBytes(Path.Combine(_workshop.Root, "source/one.png"));
        _workshop.Write("source/one.png", whole[..(whole.Length / 2)]);
        IEditDataset set = _workshop.Open(DataSourceKind.Triples);

        var thrown = Assert.Throws<BrokenSampleException>(() => DatasetWorkshop.Read(set, 0));

        Assert.Contains("source/one.png", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PictureWithOrientation_IsUpright_UnlessAsReleased()
    {
        RgbImage upright = TestImages.Photo(80, 60, 1);
        _workshop.Write("source/one.png", TestImageFiles.WithOrientation(upright, 6));
        _workshop.Write("instruction/one.txt", "turn left");

        EditSample turned = DatasetWorkshop.Read(_workshop.Open(DataSourceKind.Triples), 0);
        EditSample stored = DatasetWorkshop.Read(
            _workshop.Open(
                DataSourceKind.Triples,
                source => source with { AsReleased = [ReleasedDefect.IgnoresOrientation] }
            ),
            0
        );

        Assert.Equal(Squashed(upright).Pixels, turned.Source.Pixels);
        Assert.False(Squashed(upright).Pixels.SequenceEqual(stored.Source.Pixels));
    }

    private (string Instruction, string Task) Words(IEditDataset set, long index) =>
        set.Describe(index, DatasetWorkshop.Augmentation(0), DatasetWorkshop.Phrasing(0));

    private static RgbImage Squashed(RgbImage image) =>
        ImageResizer.Resize(image, new ImageSize(64, 64), ResizeFilter.Lanczos3);

    // Pixel by pixel, unlike the loader's.
    private static byte[] Mirrored(RgbImage image)
    {
        var mirrored = new byte[image.Pixels.Length];
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                for (int c = 0; c < 3; c++)
                {
                    mirrored[(y * image.Width + x) * 3 + c] = image.Pixels[
                        (y * image.Width + image.Width - 1 - x) * 3 + c
                    ];
                }
            }
        }
        return mirrored;
    }
}
