using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data.Segmentation;

/// <summary>RefCOCO and gRefCOCO as they lie on users' disks, made small.</summary>
public sealed class ReferringDatasetTests : IDisposable
{
    private const int Side = 64;
    private const string ImageName = "COCO_train2014_000000000009.jpg";

    // [{'ref_id': 1, 'ann_id': 11, …, 'image_id': 9, 'split': 'train', 'sentences': [… 'the Man' …, … 'guy' …]}] by Python's pickle.dumps.
    private const string Protocol0 =
        "KGxwMAooZHAxClZyZWZfaWQKcDIKSTEKc1Zhbm5faWQKcDMKSTExCnNWY2F0ZWdvcnlfaWQKcDQKSTEKc1ZpbWFnZV9pZApwNQpJOQpzVnNwbGl0CnA2ClZ0"
        + "cmFpbgpwNwpzVmZpbGVfbmFtZQpwOApWQ09DT190cmFpbjIwMTRfMDAwMDAwMDAwMDA5XzEuanBnCnA5CnNWc2VudF9pZHMKcDEwCihscDExCkkwCmFJMQph"
        + "c1ZzZW50ZW5jZXMKcDEyCihscDEzCihkcDE0ClZ0b2tlbnMKcDE1CihscDE2ClZ0aGUKcDE3CmFWbWFuCnAxOAphc1ZyYXcKcDE5ClZUaGUgbWFuCnAyMApz"
        + "VnNlbnRfaWQKcDIxCkkwCnNWc2VudApwMjIKVnRoZSBNYW4KcDIzCnNhKGRwMjQKZzE1CihscDI1ClZndXkKcDI2CmFzZzE5CmcyNgpzZzIxCkkxCnNnMjIK"
        + "ZzI2CnNhc2Eu";

    private const string Protocol2 =
        "gAJdcQB9cQEoWAYAAAByZWZfaWRxAksBWAYAAABhbm5faWRxA0sLWAsAAABjYXRlZ29yeV9pZHEESwFYCAAAAGltYWdlX2lkcQVLCVgFAAAAc3BsaXRxBlgF"
        + "AAAAdHJhaW5xB1gJAAAAZmlsZV9uYW1lcQhYIQAAAENPQ09fdHJhaW4yMDE0XzAwMDAwMDAwMDAwOV8xLmpwZ3EJWAgAAABzZW50X2lkc3EKXXELKEsASwFl"
        + "WAkAAABzZW50ZW5jZXNxDF1xDSh9cQ4oWAYAAAB0b2tlbnNxD11xEChYAwAAAHRoZXERWAMAAABtYW5xEmVYAwAAAHJhd3ETWAcAAABUaGUgbWFucRRYBwAA"
        + "AHNlbnRfaWRxFUsAWAQAAABzZW50cRZYBwAAAHRoZSBNYW5xF3V9cRgoaA9dcRlYAwAAAGd1eXEaYWgTaBpoFUsBaBZoGnVldWEu";

    // The same by hand as Python 2 writes it: byte strings.
    private static readonly byte[] _pythonTwo = PythonTwo();

    // [Bomb()] whose __reduce__ is (os.system, ('echo hi',)).
    private const string Bomb = "gAJdcQBjcG9zaXgKc3lzdGVtCnEBWAcAAABlY2hvIGhpcQKFcQNScQRhLg==";

    private readonly DatasetWorkshop _workshop = new();
    private readonly RgbImage _picture;

    public ReferringDatasetTests()
    {
        _workshop.Picture($"images/train2014/{ImageName}", TestImages.Photo(100, 80));
        _picture = _workshop.Decoded($"images/train2014/{ImageName}");
        Instances(
            """
            {"id": 11, "image_id": 9, "iscrowd": 0, "bbox": [20, 10, 40, 30], "category_id": 1,
             "segmentation": [[20,10, 60,10, 60,40, 20,40], [40,20, 80,20, 80,60, 40,60]]},
            {"id": 12, "image_id": 9, "iscrowd": 0, "segmentation": [[0,0, 10,0, 10,80, 0,80]]},
            {"id": 13, "image_id": 9, "iscrowd": 1, "segmentation": {"size": [80, 100], "counts": [0, 8000]}},
            {"id": 14, "image_id": 10, "iscrowd": 0, "segmentation": [[0,0, 10,0, 10,80]]},
            {"id": 99, "image_id": 9, "iscrowd": 0, "segmentation": "never wanted, never looked at"}
            """
        );
    }

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Read_RefCoco_CoversHalfWhatThePhraseRefersTo()
    {
        _workshop.Write("refcoco/refs(unc).p", Convert.FromBase64String(Protocol2));
        IEditDataset set = _workshop.Open(DataSourceKind.RefCoco);
        var offsets = new HashSet<int>();
        var colors = new HashSet<string>();

        for (int position = 0; position < 40; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position);
            int left = OffsetOf(sample.Source);
            NamedColor color = NamedColor.Segmentation.Single(c =>
                sample.Instruction.Contains($" {c.Name}", StringComparison.Ordinal)
            );

            AssertCovered(sample, left, color, (x, y) => InFirst(x, y) || InSecond(x, y), roundsDown: false);
            Assert.True(
                sample.Instruction.Contains("the man", StringComparison.Ordinal)
                    || sample.Instruction.Contains("guy", StringComparison.Ordinal),
                sample.Instruction
            );
            Assert.Equal(TaskNames.ReferringSegmentation, sample.Task);
            offsets.Add(left);
            colors.Add(color.Name);
        }

        Assert.InRange(offsets.Count, 10, 21); // 0…20
        Assert.InRange(colors.Count, 6, 8);
    }

    [Fact]
    public void Read_AsReleased_HasHolesAndRoundsDown()
    {
        _workshop.Write("refcoco/refs(unc).p", Convert.FromBase64String(Protocol2));
        IEditDataset set = _workshop.Open(
            DataSourceKind.RefCoco,
            source => source with { AsReleased = [ReleasedDefect.All] }
        );

        EditSample sample = DatasetWorkshop.Read(set, 0, 3);

        NamedColor color = NamedColor.Segmentation.Single(c =>
            sample.Instruction.Contains($" {c.Name}", StringComparison.Ordinal)
        );
        int left = OffsetOf(sample.Source);
        AssertCovered(sample, left, color, (x, y) => InFirst(x, y) != InSecond(x, y), roundsDown: true);
    }

    [Theory]
    [InlineData(Protocol0)]
    [InlineData(Protocol2)]
    [InlineData(null)]
    public void Open_PicklesOfEveryAge_AreRead(string? base64)
    {
        _workshop.Write("refcoco/refs(unc).p", base64 is null ? _pythonTwo : Convert.FromBase64String(base64));

        IEditDataset set = _workshop.Open(DataSourceKind.RefCoco);

        Assert.Equal(1, set.Count);
        Assert.Empty(_workshop.Rejections.Rejected);
    }

    [Fact]
    public void Describe_SaysWhatReadDoes()
    {
        _workshop.Write("refcoco/refs(unc).p", Convert.FromBase64String(Protocol2));
        IEditDataset set = _workshop.Open(DataSourceKind.RefCoco);

        for (int position = 0; position < 10; position++)
        {
            Assert.Equal(
                DatasetWorkshop.Read(set, 0, position).Instruction,
                set.Describe(0, DatasetWorkshop.Augmentation(position), DatasetWorkshop.Phrasing(position)).Instruction
            );
        }
    }

    [Theory]
    [InlineData("[11, 12]", true, true)]
    [InlineData("12", false, true)]
    [InlineData("[12, 13]", false, true)] // a crowd is left out
    [InlineData("[-1]", false, false)]
    [InlineData("-1", false, false)]
    public void Read_GRefCoco_CoversAllObjects_OrNone(string objects, bool coversFirst, bool coversStrip)
    {
        Grefs($$"""{"ann_id": {{objects}}, "image_id": 9, "split": "train", "sentences": [{"sent": "all of them"}]}""");
        IEditDataset set = _workshop.Open(DataSourceKind.GRefCoco, source => source with { Augment = false });

        EditSample sample = DatasetWorkshop.Read(set, 0);

        NamedColor color = NamedColor.Segmentation.Single(c =>
            sample.Instruction.Contains($" {c.Name}", StringComparison.Ordinal)
        );
        AssertCovered(
            sample,
            OffsetOf(sample.Source),
            color,
            (x, y) => (coversFirst && (InFirst(x, y) || InSecond(x, y))) || (coversStrip && x < 10),
            roundsDown: false
        );
        Assert.Equal(10, OffsetOf(sample.Source)); // the middle part
    }

    [Fact]
    public void Open_Split_TakesItsReferencesOnly()
    {
        Grefs(
            """
            {"ann_id": 11, "image_id": 9, "split": "train", "sentences": [{"sent": "a"}]},
            {"ann_id": 12, "image_id": 9, "split": "testA", "sentences": [{"sent": "b"}]},
            {"ann_id": 12, "image_id": 9, "split": "testA", "sentences": [{"sent": "c"}]}
            """
        );

        Assert.Equal(2, _workshop.Open(DataSourceKind.GRefCoco, source => source with { Split = "testA" }).Count);
        var thrown = Assert.Throws<DatasetException>(() =>
            _workshop.Open(DataSourceKind.GRefCoco, source => source with { Split = "validation" })
        );
        Assert.Contains("there are testA, train", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """{"ann_id": 14, "image_id": 9, "split": "train", "sentences": [{"sent": "a"}]}""",
        "an object that its picture"
    )]
    [InlineData(
        """{"ann_id": 11, "image_id": 8, "split": "train", "sentences": [{"sent": "a"}]}""",
        "a picture that instances.json"
    )]
    [InlineData(
        """{"ann_id": [], "image_id": 9, "split": "train", "sentences": [{"sent": "a"}]}""",
        "without sentences or objects"
    )]
    [InlineData("""{"ann_id": 11, "image_id": 9, "split": "train", "sentences": []}""", "without sentences or objects")]
    [InlineData("""{"ann_id": 11, "image_id": 9, "split": "train"}""", "not of the expected shape")]
    [InlineData(
        """{"ann_id": 11, "image_id": NaN, "split": "train", "sentences": [{"sent": "a"}]}""",
        "not of the expected shape"
    )]
    public void Open_UnusableReference_IsRejectedWithItsReason(string reference, string reason)
    {
        Grefs(reference + "," + """{"ann_id": 12, "image_id": 9, "split": "train", "sentences": [{"sent": "good"}]}""");

        Assert.Equal(1, _workshop.Open(DataSourceKind.GRefCoco).Count);
        Assert.Contains(reason, _workshop.OnlyRejection().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AbsurdMask_IsRejectedWithItsReason()
    {
        Instances(
            """
            {"id": 11, "image_id": 9, "iscrowd": 0, "segmentation": [[0,0, 10,0, 10,NaN]]},
            {"id": 12, "image_id": 9, "iscrowd": 0, "segmentation": [[0,0, 10,0, 10,80]]}
            """
        );
        Grefs(
            """
            {"ann_id": 11, "image_id": 9, "split": "train", "sentences": [{"sent": "a"}]},
            {"ann_id": 12, "image_id": 9, "split": "train", "sentences": [{"sent": "b"}]}
            """
        );

        Assert.Equal(1, _workshop.Open(DataSourceKind.GRefCoco).Count);
        Assert.Contains(
            "a polygon that is no list of numbers",
            _workshop.Rejections.Rejected.Select(rejection => rejection.Reason)
        );
    }

    [Fact]
    public void Open_PickleThatWouldRunACommand_IsRefused_AndRunsNothing()
    {
        _workshop.Write("refcoco/refs(unc).p", Convert.FromBase64String(Bomb));

        var thrown = Assert.Throws<DatasetException>(() => _workshop.Open(DataSourceKind.RefCoco));

        Assert.Contains("posix.system", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_PickleThatGrowsWithoutEnd_IsRefused()
    {
        // Marks cost a byte of file each and much more of memory.
        var bomb = new byte[17_000_000];
        bomb.AsSpan().Fill((byte)'(');
        _workshop.Write("refcoco/refs(unc).p", bomb);

        Assert.Throws<DatasetException>(() => _workshop.Open(DataSourceKind.RefCoco));
    }

    [Fact]
    public void Read_PictureOfAnotherSize_IsABrokenSample()
    {
        Grefs("""{"ann_id": 11, "image_id": 9, "split": "train", "sentences": [{"sent": "a"}]}""");
        IEditDataset set = _workshop.Open(DataSourceKind.GRefCoco);
        _workshop.Picture($"images/train2014/{ImageName}", TestImages.Photo(80, 100));

        var thrown = Assert.Throws<BrokenSampleException>(() => DatasetWorkshop.Read(set, 0));

        Assert.Contains("80x100, the annotations say 100x80", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FileNameThatLeavesTheFolder_IsABrokenSample()
    {
        Instances(
            """{"id": 11, "image_id": 9, "iscrowd": 0, "segmentation": [[0,0, 10,0, 10,80]]}""",
            "../../../../etc/passwd"
        );
        Grefs("""{"ann_id": 11, "image_id": 9, "split": "train", "sentences": [{"sent": "a"}]}""");

        Assert.Throws<BrokenSampleException>(() => DatasetWorkshop.Read(_workshop.Open(DataSourceKind.GRefCoco), 0));
    }

    [Fact]
    public void Open_MissingInstances_IsNamed()
    {
        _workshop.Write("refcoco/refs(unc).p", Convert.FromBase64String(Protocol2));
        File.Delete(Path.Combine(_workshop.Root, "refcoco/instances.json"));

        var thrown = Assert.Throws<DatasetException>(() => _workshop.Open(DataSourceKind.RefCoco));

        Assert.Contains("instances.json: not found", thrown.Message, StringComparison.Ordinal);
    }

    private static bool InFirst(int x, int y) => x is >= 20 and < 60 && y is >= 10 and < 40;

    private static bool InSecond(int x, int y) => x is >= 40 and < 80 && y is >= 20 and < 60;

    /// <summary>Every pixel of the target: half colour where the nearest pixel of the whole picture is meant, unchanged elsewhere.</summary>
    private static void AssertCovered(
        EditSample sample,
        int left,
        NamedColor color,
        Func<int, int, bool> isMeant,
        bool roundsDown
    )
    {
        double half = roundsDown ? 0 : 0.5;
        byte[] expected = sample.Source.Pixels.ToArray();
        byte[] channels = [color.Red, color.Green, color.Blue];
        for (int i = 0; i < expected.Length; i++)
        {
            (int x, int y) = (i / 3 % Side, i / 3 / Side);
            if (isMeant(left + (int)((x + 0.5) * 80 / Side), (int)((y + 0.5) * 80 / Side)))
            {
                expected[i] = (byte)Math.Floor(0.5 * expected[i] + 0.5 * channels[i % 3] + half);
            }
        }
        Assert.Equal(expected, sample.Target.Pixels.ToArray());
    }

    private int OffsetOf(RgbImage part)
    {
        for (int left = 0; left <= 20; left++)
        {
            RgbImage candidate = ImageResizer.Resize(
                _picture,
                new ImageSize(Side, Side),
                ResizeFilter.Lanczos3,
                new ResizeBox(left, 0, left + 80, 80)
            );
            // Without the pixels that the filter sees beyond the part's edges.
            if (Middle(candidate).SequenceEqual(Middle(part)))
            {
                return left;
            }
        }
        throw new InvalidOperationException("the sample is no part of the picture");
    }

    private static byte[] Middle(RgbImage image) =>
        [
            .. Enumerable
                .Range(0, Side)
                .SelectMany(y => image.Pixels.Slice((y * Side + 8) * 3, (Side - 16) * 3).ToArray()),
        ];

    private void Instances(string annotations, string imageName = ImageName)
    {
        string json = $$"""
            {"info": {"year": 2014, "images": [1, 2, 3]}, "licenses": [],
             "annotations": [{{annotations}}],
             "images": [{"id": 9, "file_name": "{{imageName}}", "width": 100, "height": 80, "license": 1},
                        {"id": 10, "file_name": "other.jpg", "width": 10, "height": 10}],
             "categories": [{"id": 1, "name": "person"}]}
            """;
        _workshop.Write("refcoco/instances.json", json);
        _workshop.Write("grefcoco/instances.json", json);
    }

    private void Grefs(string references) => _workshop.Write("grefcoco/grefs(unc).json", $"[{references}]");

    private static byte[] PythonTwo()
    {
        using var stream = new MemoryStream();
        void Text(string text)
        {
            stream.WriteByte((byte)'U');
            stream.WriteByte((byte)text.Length);
            stream.Write(Encoding.Latin1.GetBytes(text));
        }
        void Number(int number)
        {
            stream.WriteByte((byte)'J');
            stream.Write(BitConverter.GetBytes(number));
        }
        stream.Write([0x80, 2, .. "](}("u8]);
        Text("split");
        Text("train");
        Text("image_id");
        Number(9);
        Text("ann_id");
        Number(11);
        Text("sentences");
        stream.Write("](}("u8);
        Text("sent");
        Text("the man");
        stream.Write("ueue."u8);
        return stream.ToArray();
    }
}
