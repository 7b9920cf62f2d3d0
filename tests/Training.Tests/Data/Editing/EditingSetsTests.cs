using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;
using Parquet;
using Parquet.Schema;

namespace InstructDiffusion.Training.Tests.Data.Editing;

/// <summary>GIER, MagicBrush and Image Editing in the Wild as they lie on users' disks, made small.</summary>
public sealed class EditingSetsTests : IDisposable
{
    private static readonly RgbImage _before = TestImages.Photo(64, 64, 1);
    private static readonly RgbImage _after = TestImages.Photo(64, 64, 2);

    private readonly DatasetWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Gier_OfficialList_HasTheRequestsOfExpertsAndAmateurs()
    {
        _workshop.Picture("images/a_a.png", _before);
        _workshop.Picture("images/a_b.png", TestImages.Photo(64, 64, 9));
        _workshop.Picture("warped/a_b.png", _after);
        _workshop.Write(
            "GIER.json",
            $$"""
            [{{string.Join(',', Enumerable.Repeat("""
            {"input": "a_a.png", "output": "a_b.png", "segment": "a/a.jpg", "request": "hi all", "dataset": "zhopped",
             "operator": {"tint": {"local": true, "ids": [1]}},
             "expert_summary": ["tint it", "make it bluish"], "amateur_summary": ["blue please"]}
            """, 10))}},
             {"input": "a_a.png", "output": "gone.png", "expert_summary": ["x"], "amateur_summary": []},
             {"input": "a_a.png", "output": "a_b.png", "expert_summary": [], "amateur_summary": []}]
            """
        );

        IEditDataset set = _workshop.Open(DataSourceKind.Gier);

        Assert.Equal(9, set.Count); // nine tenths of those that are there
        string[] words =
        [
            .. Enumerable.Range(0, 60).Select(i => set.Describe(0, default, DatasetWorkshop.Phrasing(i)).Instruction),
        ];
        Assert.Equal(["blue please", "make it bluish", "tint it"], words.Distinct().Order(StringComparer.Ordinal));
        for (int position = 0; position < 8; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position); // never mirrored
            Assert.Equal(_before.Pixels, sample.Source.Pixels);
            Assert.Equal(_after.Pixels, sample.Target.Pixels);
        }
        Assert.Equal(
            ["a picture that is missing or outside the folder", "no instruction"],
            _workshop.Rejections.Rejected.Select(r => r.Reason).Order(StringComparer.Ordinal)
        );
        Assert.Equal(1, _workshop.Open(DataSourceKind.Gier, source => source with { Split = "test" }).Count);
    }

    [Fact]
    public void Gier_AuthorsList_IsPreferred()
    {
        _workshop.Picture("images/a.png", _before);
        _workshop.Write("GIER.json", "[]");
        string entry = """{"input": "a.png", "output": "a.png", "prompts": ["do"]}""";
        _workshop.Write("GIER_new.json", $"[{entry},{entry}]");

        Assert.Equal("do", _workshop.Open(DataSourceKind.Gier).Describe(0, default, default).Instruction);
    }

    [Theory]
    [InlineData(DataSourceKind.MagicBrush, "magic_train.json", "")]
    [InlineData(DataSourceKind.Ieiw, "meta_infov1.json", "/mnt/external/tmp/2023/06/11/")]
    public void Lists_AreReadRelativeToTheFolder(DataSourceKind kind, string list, string prefix)
    {
        _workshop.Picture("processed-train/1-input.png", _before);
        _workshop.Picture("processed-train/1-output1.png", _after);
        _workshop.Write(
            list,
            $$"""
            [{"input": "{{prefix}}processed-train/1-input.png", "edited": "{{prefix}}processed-train/1-output1.png", "instruction": "do"},
             {"input": "/etc/hostname", "edited": "{{prefix}}processed-train/1-output1.png", "instruction": "leave"},
             {"input": "processed-train/1-input.png", "instruction": "x"}]
            """
        );

        IEditDataset set = _workshop.Open(kind, source => source with { Flip = 0, TaskPrefix = true });

        EditSample sample = DatasetWorkshop.Read(set, 0);
        Assert.Equal("Image Editing: do", sample.Instruction);
        Assert.Equal(_before.Pixels, sample.Source.Pixels);
        Assert.Equal(_after.Pixels, sample.Target.Pixels);
        Assert.Throws<BrokenSampleException>(() => DatasetWorkshop.Read(set, 1));
        Assert.Equal(("a pair without two pictures", 1), _workshop.OnlyRejection());
    }

    [Fact]
    public async Task MagicBrush_Parquet_IsReadInPlace()
    {
        await WriteParquetAsync("data/train-00000-of-00002.parquet", groups: 3, rows: 2);
        await WriteParquetAsync("data/train-00001-of-00002.parquet", groups: 1, rows: 3);
        await WriteParquetAsync("data/dev-00000-of-00001.parquet", groups: 1, rows: 1);

        IEditDataset set = _workshop.Open(DataSourceKind.MagicBrush, source => source with { Flip = 0 });

        Assert.Equal(9, set.Count);
        Assert.Equal(1, _workshop.Open(DataSourceKind.MagicBrush, source => source with { Split = "dev" }).Count);
        var wrong = 0;
        Parallel.For(
            0,
            36,
            i =>
            {
                EditSample sample = DatasetWorkshop.Read(set, i * 7 % 9);
                bool isRight =
                    sample.Source.Pixels.SequenceEqual(_before.Pixels)
                    && sample.Target.Pixels.SequenceEqual(_after.Pixels);
                if (!isRight)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        );
        Assert.Equal(0, wrong);
        Assert.Equal("train-00000-of-00002 group 2 row 1", set.Describe(5, default, default).Instruction);
    }

    [Fact]
    public async Task MagicBrush_DamagedParquet_IsNamed()
    {
        await WriteParquetAsync("data/train-0.parquet", groups: 1, rows: 2);
        string path = Path.Combine(_workshop.Root, "data/train-0.parquet");
        byte[] bytes = await File.ReadAllBytesAsync(path);

        foreach (byte[] damaged in (byte[][])[bytes[..(bytes.Length / 2)], [1, 2, 3], Garbled(bytes)])
        {
            await File.WriteAllBytesAsync(path, damaged);
            Assert.Contains(
                "train-0.parquet",
                Assert.Throws<DatasetException>(() => _workshop.Open(DataSourceKind.MagicBrush)).Message,
                StringComparison.Ordinal
            );
        }
    }

    [Fact]
    public void MagicBrush_NothingThere_SaysWhatWasLookedFor()
    {
        var thrown = Assert.Throws<DatasetException>(() => _workshop.Open(DataSourceKind.MagicBrush));

        Assert.Contains("neither magic_train.json nor train-", thrown.Message, StringComparison.Ordinal);
    }

    private static byte[] Garbled(byte[] bytes)
    {
        byte[] garbled = [.. bytes];
        // The footer, which holds schema and places.
        for (int i = bytes.Length - 200; i < bytes.Length - 10; i++)
        {
            garbled[i] ^= 0x5a;
        }
        return garbled;
    }

    private async Task WriteParquetAsync(string name, int groups, int rows)
    {
        string path = Path.Combine(_workshop.Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var imageId = new DataField<string>("img_id");
        var instruction = new DataField<string>("instruction");
        StructField Picture(string field) => new(field, new DataField<byte[]>("bytes"), new DataField<string>("path"));
        var schema = new ParquetSchema(
            imageId,
            new DataField<int>("turn_index"),
            Picture("source_img"),
            Picture("mask_img"),
            instruction,
            Picture("target_img")
        );
        byte[] before = ImageCodec.Encode(_before, ImageFileFormat.Png);
        byte[] after = ImageCodec.Encode(_after, ImageFileFormat.Png);
        await using FileStream stream = File.Create(path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream);
        for (int i = 0; i < groups; i++)
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            foreach (DataField field in schema.GetDataFields())
            {
                string column = field.Path.ToString();
                string file = Path.GetFileNameWithoutExtension(name);
                switch (column)
                {
                    case "turn_index":
                        await group.WriteAsync<int>(field, Enumerable.Repeat(1, rows).ToArray());
                        break;
                    case "source_img/bytes" or "mask_img/bytes":
                        await group.WriteAsync(field, Enumerable.Repeat(before, rows).ToArray());
                        break;
                    case "target_img/bytes":
                        await group.WriteAsync(field, Enumerable.Repeat(after, rows).ToArray());
                        break;
                    default:
                        await group.WriteAsync(
                            field,
                            Enumerable.Range(0, rows).Select(row => $"{file} group {i} row {row}").ToArray()
                        );
                        break;
                }
            }
        }
    }
}
